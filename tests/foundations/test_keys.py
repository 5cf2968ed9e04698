"""Keys: reversible, dotless, ordered by bytes, and readable back from whatever begins with one."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audsem_data.core.errors import InputError
from audsem_data.core.keys import ClipInterval, clip_id, cue_id, escape_video_id, parse_clip_id, unescape_video_id

NAMES = st.text(min_size=1, max_size=40).filter(lambda name: not re.search("[\ud800-\udfff]", name))
TIMES = st.integers(0, 10**9 - 2)


@given(NAMES)
def test_any_name_is_escaped_reversibly_into_safe_characters(name: str) -> None:
    escaped = escape_video_id(name)
    assert re.fullmatch(r"[A-Za-z0-9_%-]+", escaped)
    assert unescape_video_id(escaped) == name


@pytest.mark.parametrize("name", ["dQ0aSample1", "_Z6-Sample6", "kZ_-mple002"])
def test_video_ids_of_the_web_stay_as_they_are(name: str) -> None:
    assert escape_video_id(name) == name


def test_a_file_name_that_is_no_text_is_escaped_too() -> None:
    name = b"caf\xe9.mp4".decode(errors="surrogateescape")
    assert escape_video_id(name) == "caf%E9%2Emp4"
    assert unescape_video_id("caf%E9%2Emp4") == name


@given(NAMES, TIMES, st.integers(1, 10**4))
def test_whatever_begins_with_a_clip_id_gives_it_back(name: str, start: int, length: int) -> None:
    end = min(start + length, 10**9 - 1)
    interval = ClipInterval(escape_video_id(name), start, end)
    key = clip_id(*interval)
    assert "." not in key
    for longer in (key, cue_id(interval, "en-12ab34cd", 7), f"{key}_mc_qa_semantic_2"):
        assert parse_clip_id(longer) == interval


@pytest.mark.parametrize(("start", "end"), [(-1, 5), (5, 5), (6, 5), (0, 10**9)])
def test_impossible_intervals_are_refused(start: int, end: int) -> None:
    with pytest.raises(InputError, match="no clip can run"):
        clip_id("video", start, end)


@pytest.mark.parametrize("text", ["", "video", "video_1_2", "_000000000_000000001x"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is not a clip id"):
        parse_clip_id(text)
