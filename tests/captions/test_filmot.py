"""Dumps of concatenated objects, whole, damaged and read in ranges."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audsem_data.subtitles.cue import Cue
from audsem_data.subtitles.filmot import DumpDamage, DumpVideo, read_filmot


def _video(name: str, *captions: Any) -> dict[str, Any]:
    return {"video": {"videoid": name}, "captions": list(captions)}


def _caption(language: str, *text: Any, single: bool = False) -> dict[str, Any]:
    return {"lang": language, "subtitles": {"transcript": {"text": text[0] if single else list(text)}}}


CUE = {"t": "[a]", "-start": "0.47", "-dur": "2.922"}
ONE = _video("one", _caption("en", CUE, {"t": "no time"}), _caption("es", CUE))
TWO = _video("two", _caption("en-GB", CUE, single=True))


def _dump(path: Path, *pieces: str | bytes) -> Path:
    path.write_bytes(b"".join(piece if isinstance(piece, bytes) else piece.encode() for piece in pieces))
    return path


def _names(path: Path) -> list[str]:
    return [found.video_id if isinstance(found, DumpVideo) else "damage" for found in read_filmot(path)]


def test_objects_of_one_and_of_several_lines(tmp_path: Path) -> None:
    dump = _dump(tmp_path / "d", json.dumps(ONE), "\n", json.dumps(TWO, indent=1), "\n\n", json.dumps(ONE))
    first, second, _ = read_filmot(dump)
    assert isinstance(first, DumpVideo)
    assert isinstance(second, DumpVideo)
    assert [(language, track.cues, track.damaged) for language, track in first.tracks] == [
        ("en", (Cue(470, 3392, "[a]", 0),), 1),
        ("es", (Cue(470, 3392, "[a]", 0),), 0),
    ]
    assert second.video_id == "two"
    assert [(language, len(track.cues)) for language, track in second.tracks] == [("en-GB", 1)]


@pytest.mark.parametrize(
    "pieces",
    [
        [json.dumps(ONE), json.dumps(TWO)],  # nothing between them
        [b"\xef\xbb\xbf", json.dumps(ONE), "\r\n", json.dumps(TWO, indent="\t")],
        [json.dumps(ONE)[:-1], ', "note": "a\n{wind}\nb"}', "\n", json.dumps(TWO)],  # raw line breaks in a string
    ],
)
def test_both_are_found(pieces: list[str | bytes], tmp_path: Path) -> None:
    assert _names(_dump(tmp_path / "d", *pieces)) == ["one", "two"]


@pytest.mark.parametrize(
    "broken",
    [
        json.dumps(TWO)[:40],
        json.dumps(TWO, indent=1)[:60],
        '{"video": {}}',
        '{"video": {"videoid": 3}}',
        '{"video": {"videoid": "x"}, "captions": 3}',
        "{",
        b'{"video": \xff\xfe\x00',
        "{" + '"a":[' * 100_000,
    ],
)
def test_a_broken_object_costs_only_itself(broken: str | bytes, tmp_path: Path) -> None:
    dump = _dump(tmp_path / "d", json.dumps(ONE), "\n", broken, "\n", json.dumps(TWO), "\n")
    assert _names(dump) == ["one", "damage", "two"]
    damage = next(found for found in read_filmot(dump) if isinstance(found, DumpDamage))
    assert damage.offset == len(json.dumps(ONE)) + 1


def test_what_precedes_the_first_object_is_damage_too(tmp_path: Path) -> None:
    assert _names(_dump(tmp_path / "d", "junk\n", json.dumps(ONE))) == ["damage", "one"]


@pytest.mark.parametrize("caption", [None, 3, {}, {"lang": "en"}, {"lang": "en", "subtitles": None}])
def test_a_track_without_its_cues_is_damaged(caption: Any, tmp_path: Path) -> None:
    (video,) = read_filmot(_dump(tmp_path / "d", json.dumps(_video("x", caption))))
    assert isinstance(video, DumpVideo)
    assert video.tracks[0][1].damaged == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    st.lists(st.sampled_from([json.dumps(ONE), json.dumps(TWO, indent=1), "{", '{"video"'])), st.integers(1, 900)
)
def test_ranges_yield_every_object_once(tmp_path: Path, pieces: list[str], step: int) -> None:
    dump = _dump(tmp_path / "d", *(f"{piece}\n" for piece in pieces))
    size = dump.stat().st_size
    ranges = [list(read_filmot(dump, begin, min(begin + step, size))) for begin in range(0, size, step)]
    assert [found for part in ranges for found in part] == list(read_filmot(dump))
