"""Folders as yt-dlp leaves them: `.info.json` beside the subtitles; and captions that roll."""

import json
from pathlib import Path

import pytest

from audsem_data.subtitles.cue import Cue
from audsem_data.subtitles.rolling import is_rolling

from .driver import Ingest, ingest_table

VTT = "WEBVTT\n\n00:01.000 --> 00:03.000\n[door slams]\n"
INFO = {
    "id": "dQw4w9WgXcQ",
    "title": "never read",
    "webpage_url": "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
    "subtitles": {"en-GB": [{"ext": "vtt"}]},
    "automatic_captions": {"en": [{"ext": "vtt"}], "en-orig": [], "fr": []},
}


def folder(tmp_path: Path, info: object = INFO) -> Path:
    name = "A film, 1.5 hours [dQw4w9WgXcQ]"
    for language in ("en-GB", "en"):
        (tmp_path / f"{name}.{language}.vtt").write_text(VTT)
    (tmp_path / f"{name}.info.json").write_text(info if isinstance(info, str) else json.dumps(info))
    return tmp_path


def test_the_video_is_known_by_its_id_and_page_and_written_tracks_are_told(tmp_path: Path) -> None:
    table, outcomes = ingest_table([folder(tmp_path)])
    (row,) = table.to_pylist()
    assert (row["video_id"], row["language"]) == ("dQw4w9WgXcQ", "en-GB")
    assert row["media"] == INFO["webpage_url"]
    assert row["media_signature"] is None
    fates = {key.partition("-")[0]: outcome for key, outcome in outcomes.items()}
    assert sorted(str(o.reason or o.status) for o in outcomes.values()) == ["automatic", "done"]
    assert all(key.startswith("dQw4w9WgXcQ/") for key in fates)


def test_local_media_come_before_the_page(tmp_path: Path) -> None:
    folder(tmp_path)
    media = tmp_path / "A film, 1.5 hours [dQw4w9WgXcQ].mp4"
    media.write_bytes(b"x" * 100)
    table, _ = ingest_table([tmp_path])
    assert table["media"].to_pylist() == [str(media)]


@pytest.mark.parametrize("info", ["{", "[]", "{}", '{"id": ""}', '{"id": "x", "subtitles": 3}'])
def test_a_damaged_info_fails_the_track_and_says_so(info: str, tmp_path: Path, ingest: Ingest) -> None:
    outcomes = ingest(folder(tmp_path, info))
    assert {str(outcome.reason) for outcome in outcomes.values()} == {"damaged"}
    assert all("info.json beside it" in outcome.detail for outcome in outcomes.values())


def test_a_changed_info_is_read_anew(tmp_path: Path) -> None:
    from audsem_data.stages.ingest.ingest import open_ingest

    from .driver import open_stage

    source = open_stage(open_ingest)
    before = {unit.name: unit.signature for unit in source.discover([str(folder(tmp_path))], {})}
    folder(tmp_path, INFO | {"id": "another"})
    after = {unit.name: unit.signature for unit in source.discover([str(tmp_path)], {})}
    assert before.keys() == after.keys()
    assert all(before[name] != after[name] for name in before)


def rolling(count: int) -> str:
    """Return captions as speech recognition has them once they were made to SRT."""
    words = [f"line {number} of what is said" for number in range(count)]
    words[3] = "[Music]"
    blocks = []
    for number in range(1, count):
        start, end = number * 2000, number * 2000 + 2000
        text = f"{words[number - 1]}\n{words[number]}"
        blocks.append(f"{number}\n00:00:{start // 1000:02d},000 --> 00:00:{end // 1000:02d},000\n{text}\n")
    return "\n".join(blocks)


def test_captions_that_roll_are_told_by_their_lines(tmp_path: Path, ingest: Ingest) -> None:
    (tmp_path / "v.en.srt").write_text(rolling(20))
    (outcome,) = ingest(tmp_path).values()
    assert str(outcome.reason) == "automatic"
    assert outcome.detail == "18 of 19 cues repeat the line before"


def test_captions_that_people_repeat_do_not_roll() -> None:
    same = [Cue(n * 1000, n * 1000 + 1000, "[music]", n) for n in range(30)]
    assert not is_rolling(same)
    dialogue = [Cue(n * 1000, n * 1000 + 1000, f"- What?\n- {'That' if n % 2 else 'This'}.", n) for n in range(30)]
    assert not is_rolling(dialogue)
    apart = [Cue(n * 5000, n * 5000 + 1000, f"line {n}\nline {n + 1}", n) for n in range(30)]
    assert not is_rolling(apart)
    assert is_rolling([Cue(n * 1000, n * 1000 + 1000, f"line {n}\nline {n + 1}", n) for n in range(30)])
