"""Sources of every kind and mixture, good and bad."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from audsem_data.core.errors import InputError
from audsem_data.core.keys import parse_clip_id
from audsem_data.core.outcome import Done

from .driver import Ingest, ingest_table

VTT = (
    "WEBVTT\n\n00:01.000 --> 00:02.000\n[a]\n\n00:03.000 --> 00:04.000\nplain\n\n"
    "00:05.000 --> 00:05.000\n[no time]\n"
)
SRT = "1\n00:00:01,000 --> 00:00:03,000\n(b)\n"


def _write(path: Path, content: str | bytes = VTT) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def _fates(outcomes: dict[str, Any]) -> dict[str, str]:
    """Return what became of each track, its hash left out."""
    return {key.rpartition("-")[0]: str(outcome.reason or outcome.status) for key, outcome in outcomes.items()}


def test_only_bracketed_cues_become_rows_and_all_are_counted(tmp_path: Path, ingest: Ingest) -> None:
    _write(tmp_path / "v.en.vtt", VTT + "\n00:0x.000 --> 00:09.000\n[x]\n\n00:06.000 --> 00:07.000\n<i></i>\n")
    (outcome,) = ingest(tmp_path).values()
    counts = {"cues": 5, "kept": 1, "no_bracket": 1, "bad_time": 1, "damaged": 1, "empty": 1}
    assert json.loads(outcome.detail) == counts
    assert [row["text"] for row in outcome.rows] == ["[a]"]
    assert parse_clip_id(outcome.rows[0]["cue_id"]) == ("v", 1000, 2000)
    (every,) = ingest(tmp_path, keep="all").values()
    assert [row["text"] for row in every.rows] == ["[a]", "plain"]


def test_media_is_found_by_name_in_any_source(tmp_path: Path) -> None:
    video = _write(tmp_path / "films" / "My film.mp4", b"x" * 200_000)
    table, _ = ingest_table([_write(tmp_path / "subs" / "My film.en-US.srt", SRT), video])
    (row,) = table.to_pylist()
    assert (row["video_id"], row["language"], row["media"]) == ("My%20film", "en-US", str(video))
    assert row["media_signature"].startswith("200000-")


def test_the_nearest_of_several_media_files_is_taken(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        _write(tmp_path / folder / "v.mkv", folder)
        _write(tmp_path / folder / "v.wav", folder)
        _write(tmp_path / folder / "v.en.vtt")
    table, _ = ingest_table([tmp_path])
    assert sorted(table["media"].to_pylist()) == [str(tmp_path / "a" / "v.mkv"), str(tmp_path / "b" / "v.mkv")]


def test_tracks_that_are_left_out_have_a_reason(tmp_path: Path, ingest: Ingest) -> None:
    _write(tmp_path / "v.es.vtt")
    _write(tmp_path / "v.en.json3", '{"kind": "asr", "events": []}')
    _write(tmp_path / "w.vtt", "WEBVTT\n")
    _write(tmp_path / "x.scc", "Scenarist_SCC V1.0")
    _write(tmp_path / "lonely.mp4", b"")
    assert _fates(ingest(tmp_path)) == {
        "v/es": "other_language",
        "v/en": "automatic",
        "w/en": "no_cues",
        "x/en": "unsupported_format",
        "lonely/none": "no_subtitles",
    }


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty_file"),
        (b"\n \n", "empty_file"),
        (bytes(range(256)) * 9, "undecodable"),
        ("no subtitles at all", "damaged"),
        ("00:00:0x --> 00:00:02\n[a]", "damaged"),
    ],
)
def test_a_damaged_file_fails_with_a_reason_and_costs_no_other(
    content: str | bytes, reason: str, tmp_path: Path, ingest: Ingest
) -> None:
    _write(tmp_path / "bad.srt", content)
    _write(tmp_path / "good.srt", SRT)
    assert _fates(ingest(tmp_path)) == {"bad/en": reason, "good/en": "done"}


def test_a_file_that_goes_away_fails_transiently(tmp_path: Path) -> None:
    from audsem_data.stages.ingest.ingest import open_ingest

    from .driver import open_stage

    path = _write(tmp_path / "v.vtt")
    source = open_stage(open_ingest)
    (unit,) = source.discover([str(tmp_path)], {})
    path.unlink()
    (_, outcome), rows = source.read(unit)
    assert len(rows) == 0
    assert outcome.status == "failed_transient"


def test_names_do_not_depend_on_where_the_source_lies(tmp_path: Path) -> None:
    _write(tmp_path / "one" / "data" / "sub" / "v.en.vtt")
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    first, second = (ingest_table([tmp_path / name / "data"])[0] for name in ("one", "two"))
    assert first.equals(second)
    assert first.num_rows == 1


def test_overlapping_sources_give_a_file_once(tmp_path: Path, ingest: Ingest) -> None:
    _write(tmp_path / "data" / "sub" / "v.en.vtt")
    (tmp_path / "data" / "loop").symlink_to(tmp_path / "data")
    assert len(ingest(tmp_path / "data", tmp_path / "data" / "sub", tmp_path / "data" / "sub" / "v.en.vtt")) == 1


def test_two_files_of_one_name_are_two_tracks(tmp_path: Path, ingest: Ingest) -> None:
    for folder in ("a", "b"):
        _write(tmp_path / folder / "data" / "v.en.vtt")
    outcomes = ingest(tmp_path / "a" / "data", tmp_path / "b" / "data")
    assert len(outcomes) == 2
    assert outcomes.keys() == ingest(tmp_path / "a" / "data", tmp_path / "b" / "data").keys()


def test_several_formats_of_a_video_are_several_tracks(tmp_path: Path, ingest: Ingest) -> None:
    _write(tmp_path / "v.en.vtt")
    _write(tmp_path / "v.en.srt", SRT)
    assert len(ingest(tmp_path)) == 2


def _dump_line(name: str, language: str = "en") -> str:
    text = [{"t": "[a]", "-start": "1.0", "-dur": "2.5"}]
    track = {"lang": language, "subtitles": {"transcript": {"text": text}}}
    return json.dumps({"video": {"videoid": name}, "captions": [track]}) + "\n"


def test_a_dump_with_a_broken_object_keeps_the_rest(tmp_path: Path, ingest: Ingest) -> None:
    first = _dump_line("one")
    dump = _write(tmp_path / "dump.jsonl", first + '{"video": {"videoid": "lost", \n' + _dump_line("two") * 2)
    video = _write(tmp_path / "two.webm", b"x")
    outcomes = ingest(dump, video)
    assert sorted(str(outcome.status) for outcome in outcomes.values()) == [
        "done", "done", "done", "failed_permanent", "filtered",
    ]  # fmt: skip
    (failed,) = (o for o in outcomes.values() if o.status == "failed_permanent")
    assert f"at byte {len(first)}" in failed.detail
    assert "lost" in failed.detail
    media = {row["video_id"]: row["media"] for o in outcomes.values() for row in o.rows}
    assert media == {"one": None, "two": str(video)}


def test_a_large_dump_is_several_units_with_the_same_cues(tmp_path: Path) -> None:
    dump = _write(tmp_path / "dump.txt", "".join(_dump_line(f"v{n:03d}") for n in range(50)))
    whole, _ = ingest_table([dump])
    ranges, _ = ingest_table([dump], shard_bytes=1000)
    assert whole.num_rows == 50
    columns = ["video_id", "start_ms", "end_ms", "text"]
    assert whole.select(columns).equals(ranges.select(columns))


def test_other_json_and_text_in_a_folder_is_no_dump(tmp_path: Path, ingest: Ingest) -> None:
    _write(tmp_path / "v.info.json", '{"id": "v", "subtitles": {}}')
    _write(tmp_path / "notes.txt", "{[a]}")
    _write(tmp_path / "table.csv", "a,b\n")
    _write(tmp_path / "v.vtt")
    assert _fates(ingest(tmp_path)) == {"v/en": "done"}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("nowhere", "no such file or folder"),
        ("empty", "neither media nor subtitles"),
        ("notes.txt", "nothing that ingest reads"),
        ("bad.csv", "lacks columns: start and end"),
        ("bad.parquet", "cannot be read as a table"),
    ],
)
def test_a_source_that_is_none_is_an_input_error(source: str, message: str, tmp_path: Path, ingest: Ingest) -> None:
    (tmp_path / "empty").mkdir()
    _write(tmp_path / "notes.txt", "hello")
    _write(tmp_path / "bad.csv", "video_id,text,start\n")
    _write(tmp_path / "bad.parquet", "hello")
    with pytest.raises(InputError, match=message):
        ingest(tmp_path / source)


def test_a_signature_changes_with_the_content_and_with_its_media(tmp_path: Path) -> None:
    from audsem_data.stages.ingest.discover import discover_units

    def signature() -> str:
        return next(u.signature for u in discover_units([str(tmp_path)], 1000) if u.name.endswith("v.vtt"))

    path = _write(tmp_path / "v.vtt")
    seen = [signature()]
    assert signature() == seen[0]
    _write(tmp_path / "v.mp4", b"x")
    seen.append(signature())
    os.utime(tmp_path / "v.mp4", (1, 1))
    seen.append(signature())
    os.utime(path, (1, 1))
    seen.append(signature())
    assert len(set(seen)) == 4


def test_rows_follow_the_declared_schema_when_there_are_none(tmp_path: Path) -> None:
    _write(tmp_path / "v.en.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\nplain\n")
    table, outcomes = ingest_table([tmp_path])
    assert table.num_rows == 0
    assert all(isinstance(outcome, Done) for outcome in outcomes.values())
