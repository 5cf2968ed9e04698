from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audsem_data.stages.ingest.tables import TableTrack, read_table_tracks

from .driver import Ingest, ingest_table

COLUMNS = ["video_id", "start_ms", "end_ms", "text"]


def _rows(path: Path) -> list[tuple[Any, ...]]:
    table, _ = ingest_table([path])
    return [tuple(row[name] for name in COLUMNS) for row in table.to_pylist()]


@pytest.mark.parametrize(
    "text",
    [
        "video_id,start,end,text\nv w,0.47,3.392,[a]\n",
        "\ufeffText,Video,START_MS,end_ms,more\r\n[a],v w,470,3392,x\r\n",
        'start,end,path,text\n0.470,3.3920,films/v w.mp4,"[a]"\n',
        "video,start,end,text\nv w.webm,.47,3.392,[a]\n",
    ],
)
def test_csv(text: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8", newline="")
    assert _rows(path) == [("v%20w", 470, 3392, "[a]")]


def test_an_address_is_the_media_of_its_video(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(
        "video,start,end,text,url\nv,1,2,[a],https://host/v\nw,1,2,[a],ftp://host/w\n,1,2,[a],https://x/y\n"
    )
    table, outcomes = ingest_table([path])
    assert [(row["video_id"], row["media"]) for row in table.to_pylist()] == [
        ("https%3A%2F%2Fx%2Fy", "https://x/y"),
        ("v", "https://host/v"),
    ]
    fates = {key.partition("/")[0]: str(outcome.reason or outcome.status) for key, outcome in outcomes.items()}
    assert fates == {"v": "done", "w": "damaged", "https%3A%2F%2Fx%2Fy": "done"}


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(
        pa.table({"video_id": ["v", "v"], "start": [0.47, 4.1], "end": [3.392, 5.0], "text": ["[a]", None]}), path
    )
    assert _rows(path) == [("v", 470, 3392, "[a]")]


def test_a_path_names_the_media_and_is_relative_to_the_table(tmp_path: Path) -> None:
    (tmp_path / "v.mp4").write_bytes(b"x")
    (tmp_path / "t.csv").write_text("path,start,end,text\nv.mp4,1,2,[a]\ngone.mp4,1,2,[a]\n", encoding="utf-8")
    table, _ = ingest_table([tmp_path / "t.csv"])
    gone, there = sorted(table.to_pylist(), key=lambda row: row["video_id"])
    assert (there["media"], there["media_signature"][:2]) == (str(tmp_path / "v.mp4"), "1-")
    assert (gone["media"], gone["media_signature"]) == (str(tmp_path / "gone.mp4"), None)


def test_rows_that_cannot_be_read_are_counted(tmp_path: Path, ingest: Ingest) -> None:
    text = "video_id,start,end,text\nv,1,2,[a]\nv,x,2,[a]\n,1,2,[a]\nv,3\nw,5,4,[a]\n"
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    outcomes = ingest(tmp_path / "t.csv")
    details = {key.split("/")[0]: outcome.detail for key, outcome in outcomes.items()}
    assert details == {
        "v": '{"cues": 3, "damaged": 2, "kept": 1}',
        "w": '{"bad_time": 1, "cues": 1, "kept": 0}',
        "t%2Ecsv": "1 rows name no video; the first is row 3",
    }


def test_a_table_that_breaks_off_keeps_what_came_before(tmp_path: Path, ingest: Ingest) -> None:
    text = 'video_id,start,end,text\nv,1,2,[a]\nw,1,2,"' + "x" * 200_000
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    outcomes = ingest(tmp_path / "t.csv")
    assert sorted(str(outcome.status) for outcome in outcomes.values()) == ["done", "failed_permanent"]


def test_files_of_one_name_in_two_folders_are_two_videos(tmp_path: Path) -> None:
    table = tmp_path / "a.csv"
    table.write_text("path,start,end,text\ndogs/001.flac,1,4,[dog barks]\ncats/001.flac,1,4,[cat meows]\n")
    tracks = [one for one in read_table_tracks(table) if isinstance(one, TableTrack)]
    found = {track.track.cues[0].text: track for track in tracks}
    assert {text: track.media for text, track in found.items()} == {
        "[dog barks]": str(tmp_path / "dogs/001.flac"),
        "[cat meows]": str(tmp_path / "cats/001.flac"),
    }
    assert len({track.video_id for track in found.values()}) == 2


def test_a_row_may_name_both_the_video_and_its_file(tmp_path: Path) -> None:
    table = tmp_path / "b.csv"
    table.write_text("video_id,path,start,end,text\ndog1,dogs/1.flac,1,4,[a]\ndog1,cats/1.flac,5,9,[b]\n")
    [track] = [one for one in read_table_tracks(table) if isinstance(one, TableTrack)]
    assert (track.video_id, track.media) == ("dog1", str(tmp_path / "dogs/1.flac"))
    assert [cue.text for cue in track.track.cues] == ["[a]"]
    assert track.track.damaged == 1
