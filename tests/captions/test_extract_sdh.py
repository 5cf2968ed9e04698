from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audsem_data.core.stage import Item
from audsem_data.stages.select.extract_sdh import clean_text, is_bracketed, open_extract_sdh

from .driver import open_stage


def _extract(text: str, duration: int = 2000, **options: Any) -> Any:
    row = {"video_id": "v", "start_ms": 1000, "end_ms": 1000 + duration, "text": text, "language": "en"}
    row |= {"media": "/v.mp4", "media_signature": "1-a"}
    return open_stage(open_extract_sdh, **options)([Item("k", row, {}, {})])[0]


@pytest.mark.parametrize(
    ("text", "clean", "caption"),
    [
        ("[door slams]", "[door slams]", "door slams"),
        ("(waves crashing)", "(waves crashing)", "waves crashing"),
        ("{paper tearing}", "{paper tearing}", "paper tearing"),
        ("  [door\n  slams ] ", "[door slams ]", "door slams"),
        (
            "[caf\u00e9 \u201cdoor\u201d \u2018slams\u2019\u2026]",
            "[cafe \"door\" 'slams'...]",
            "cafe \"door\" 'slams'...",
        ),
        ("[\u266a jazz \u266a]", "[ jazz ]", "jazz"),
        ("\uff3bdoor\u00a0slams\uff3d\u200b", "[door slams]", "door slams"),
        ("[bell (distant)]", "[bell (distant)]", "bell (distant)"),
        ("[BABY CRYING]", "[BABY CRYING]", "BABY CRYING"),
    ],
)
def test_captions_are_kept_and_cleaned(text: str, clean: str, caption: str) -> None:
    (row,) = _extract(text).rows
    assert (row["text"], row["caption"]) == (clean, caption)
    assert (row["video_id"], row["start_ms"], row["end_ms"]) == ("v", 1000, 3000)
    assert (row["language"], row["media"], row["media_signature"]) == ("en", "/v.mp4", "1-a")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[a] (b)", "not_bracketed"),
        ("[a] [b]", "not_bracketed"),
        ("[a}", "not_bracketed"),
        ("[a (b]", "not_bracketed"),
        ("[JOHN]: hello", "not_bracketed"),
        ("he said [laughs]", "not_bracketed"),
        ("I told you", "not_bracketed"),
        ("( [ ] )", "no_letters"),
        ("[]", "no_letters"),
        ("[...]", "no_letters"),
        ("[\u97f3\u697d]", "no_letters"),
        ("[\u266a\u266a]", "music_notes"),
        ("\u266b", "music_notes"),
        ("[www.example.org]", "url"),
        ("[see https://x.y/z]", "url"),
        ("(mail me@example.com)", "url"),
        ("[Example.ORG]", "url"),
    ],
)
def test_what_is_no_caption_has_its_reason(text: str, reason: str) -> None:
    assert _extract(text).reason == reason


@pytest.mark.parametrize(
    ("duration", "fate"), [(999, "too_short"), (1000, "done"), (10_000, "done"), (10_001, "too_long")]
)
def test_one_to_ten_seconds_inclusive(duration: int, fate: str) -> None:
    outcome = _extract("[door slams]", duration)
    assert (outcome.reason or outcome.status) == fate


def test_the_bounds_are_options() -> None:
    assert _extract("[door slams]", 500, min_ms=500).status == "done"
    assert _extract("[door slams]", 2000, max_ms=1999).reason == "too_long"


@given(st.text())
def test_cleaning_is_plain_and_idempotent(text: str) -> None:
    clean = clean_text(text)
    assert clean.isascii()
    assert clean == " ".join(clean.split())
    assert clean_text(clean) == clean


@given(st.text("ab[](){}", max_size=12))
def test_one_bracketed_whole_stays_one_inside_brackets(text: str) -> None:
    assert not is_bracketed(text + text)
    if is_bracketed(text):
        assert is_bracketed(f"[{text}]")
        assert text[0] + text[-1] in ("[]", "()", "{}")


def test_the_media_path_is_no_content() -> None:
    (need,) = open_extract_sdh.needs
    assert need.locators == ("media",)
    assert all(isinstance(column.type, pa.DataType) for column in open_extract_sdh.emits)
