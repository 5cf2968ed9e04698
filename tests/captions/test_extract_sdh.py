from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audsem_data.core.stage import Item
from audsem_data.stages.select.ascii_text import clean_text
from audsem_data.stages.select.brackets import is_bracketed
from audsem_data.stages.select.extract_sdh import ExtractConfig, open_extract_sdh

from .driver import open_stage


def _item(key: str, text: str, start_ms: int, end_ms: int, track: str = "en-1") -> Item:
    row = {"video_id": "v", "start_ms": start_ms, "end_ms": end_ms, "text": text, "language": "en"}
    row |= {"media": "/v.mp4", "media_signature": "1-a", "track": track, "ordinal": int(key)}
    return Item(key, row, {}, {})


def _extract(text: str, duration: int = 2000, **options: Any) -> Any:
    return open_stage(open_extract_sdh, **options)([_item("0", text, 1000, 1000 + duration)])[0]


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
        ("[a] b [c]", "not_bracketed"),
        ("[a] - b", "not_bracketed"),
        ("- [a] Look.", "not_bracketed"),
        (">> JOHN:", "not_bracketed"),
        ("John: [laughs]", "not_bracketed"),
        ("[John]: [laughs]", "not_bracketed"),
        ("JOHN: no [laughs]", "not_bracketed"),
        ("...", "not_bracketed"),
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


@pytest.mark.parametrize(
    ("options", "text", "expected"),
    [
        ({"inside": True}, "[door slams] What was that?", ("[door slams]", "door slams")),
        ({"inside": True}, "- Wait. (sighs) [bell rings]", ("(sighs) [bell rings]", "sighs, bell rings")),
        ({"inside": True}, "[JOHN]: hello", "not_bracketed"),
        ({"inside": True}, "[JOHN]: hello [laughs]", ("[laughs]", "laughs")),
        ({"inside": True}, "I [cannot say", "not_bracketed"),
        ({"strip_labels": "none"}, "JOHN: [laughs]", "not_bracketed"),
        ({"strip_labels": "all"}, "John: [laughs]", ("[laughs]", "laughs")),
        ({"strip_labels": "all"}, "- Dr. Smith: (coughs)", ("(coughs)", "coughs")),
        ({"strip_labels": "all"}, "[Mary]: [laughs]", ("[laughs]", "laughs")),
        ({"strip_labels": "all"}, "and then: [laughs]", "not_bracketed"),
        ({"framing": False}, "- [laughs]", "not_bracketed"),
        ({"framing": False}, "[laughs] [coughs]", ("[laughs] [coughs]", "laughs, coughs")),
        ({}, "\u266a upbeat music \u266a", "not_bracketed"),
        ({"notes": True}, "\u266a upbeat music \u266a", ("[upbeat music]", "upbeat music")),
        ({"notes": True}, "\u266a [soft jazz] \u266a", ("[soft jazz]", "soft jazz")),
        ({"notes": True}, "\u266a \u266a", "music_notes"),
        ({"notes": True}, "\u266a half a line", "not_bracketed"),
    ],
)
def test_options_widen_what_a_caption_is(options: dict[str, Any], text: str, expected: Any) -> None:
    outcome = _extract(text, **options)
    if isinstance(expected, str):
        assert outcome.reason == expected
    else:
        assert (outcome.rows[0]["text"], outcome.rows[0]["caption"]) == expected


def test_cues_that_continue_are_joined_when_asked() -> None:
    items = [
        _item("0", "[music playing]", 0, 2000),
        _item("1", "[Music playing]", 2100, 5000),
        _item("2", "[birds chirping", 6000, 7000),
        _item("3", "in the distance]", 7000, 9000),
        _item("4", "[music playing]", 20_000, 21_000),
        _item("5", "[music playing]", 5050, 6100, track="en-2"),
        _item("6", "[a]", 30_000, 32_000),
        _item("7", "[b]", 32_000, 34_000),
    ]
    outcomes = open_stage(open_extract_sdh, merge_gap_ms=100)(items)
    kept = [(o.rows[0]["start_ms"], o.rows[0]["end_ms"], o.rows[0]["caption"]) for o in outcomes if o.rows]
    assert kept == [
        (0, 5000, "music playing"),
        (6000, 9000, "birds chirping in the distance"),
        (20_000, 21_000, "music playing"),
        (5050, 6100, "music playing"),
        (30_000, 32_000, "a"),
        (32_000, 34_000, "b"),
    ]
    merged = {item.key: o.detail for item, o in zip(items, outcomes, strict=True) if o.reason == "merged"}
    assert merged == {"1": "0", "3": "2"}
    apart = open_stage(open_extract_sdh)(items)
    assert [str(o.reason or "kept") for o in apart] == ["kept"] * 2 + ["not_bracketed"] * 2 + ["kept"] * 4


@pytest.mark.parametrize(
    ("text", "clean", "rule"),
    [
        ("[laughter] [applause]", "[laughter] [applause]", "several_brackets"),
        ("(door opens) (footsteps)", "(door opens) (footsteps)", "several_brackets"),
        ("[Door Slams]\n[Footsteps]", "[Door Slams] [Footsteps]", "several_brackets"),
        ("- [dog barks]\n- [man laughs]", "[dog barks] [man laughs]", "several_brackets"),
        ("[a], {b (c)}", "[a] {b (c)}", "several_brackets"),
        ("[\u266a] [laughs]", "[laughs]", "several_brackets"),
        (">> [clears throat]", "[clears throat]", "framed"),
        ("[door opens].", "[door opens]", "framed"),
        ("[door opens]...", "[door opens]", "framed"),
        ("[door opens]!!", "[door opens]", "framed"),
        ("\u2013 [bird chirps]", "[bird chirps]", "framed"),
        ("\u00ab[wind]\u00bb", "[wind]", "framed"),
        (">> JOHN: [coughs]", "[coughs]", "labelled"),
        ("JOHN: [coughs]", "[coughs]", "labelled"),
        ("- DR. SMITH: (coughs)", "(coughs)", "labelled"),
        ("[MARY]: [laughs]", "[laughs]", "labelled"),
        ("MAN 2: [laughs]\nMARY: [sighs]", "[laughs] [sighs]", "labelled"),
        ("[door opens]", "[door opens]", None),
        ("\u2022 [door opens]", "[door opens]", None),
    ],
)
def test_nothing_but_brackets_and_what_frames_them_is_a_caption(text: str, clean: str, rule: str | None) -> None:
    outcome = _extract(text)
    (row,) = outcome.rows
    assert row["text"] == clean
    assert row["sounds"] == len(row["caption"].split(", "))
    assert outcome.reason == rule


@given(st.text("ab[](){}->. :A", max_size=14))
def test_speech_beside_a_bracket_never_passes(text: str) -> None:
    outcome = _extract(f"{text} he said [laughs]")
    assert outcome.reason in ("not_bracketed", "url")


def test_a_recipe_of_version_2_says_true_or_false() -> None:
    assert ExtractConfig(strip_labels=True).strip_labels == "all"
    assert ExtractConfig(strip_labels=False).strip_labels == "none"
