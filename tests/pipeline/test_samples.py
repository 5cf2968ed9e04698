"""On real recordings, from each subtitle format: exactly the sound cues of the truth, to the millisecond."""

import csv
import shutil
from pathlib import Path

import pytest

from audsem_data import Project

from .conftest import run_cli

FORMATS = ("vtt", "srt", "json3", "srv1", "srv3", "filmot.txt")


def truth(samples: Path) -> set[tuple[str, int, int]]:
    with (samples / "truth.csv").open() as stream:
        return {(row["video_id"], int(row["start_ms"]), int(row["end_ms"])) for row in csv.DictReader(stream)}


@pytest.mark.samples
@pytest.mark.parametrize("kind", FORMATS)
def test_each_format_gives_exactly_the_true_cues(samples: Path, tmp_path: Path, kind: str) -> None:
    source = tmp_path / "source"
    (source / "subtitles").mkdir(parents=True)
    (source / "videos").symlink_to(samples / "videos")
    for path in (samples / "subtitles").glob(f"*{kind}"):
        shutil.copy(path, source / "subtitles")
    run_cli("run", "--source", source, "--workspace", tmp_path / "w", "--until", "select-captions")
    clips = Project(tmp_path / "w").read("select-captions").to_pylist()
    assert {(row["video_id"], row["start_ms"], row["end_ms"]) for row in clips} == truth(samples)
    assert len(clips) == len(truth(samples)) == 42
    assert all(Path(row["media"]).stem == row["video_id"] for row in clips)


@pytest.mark.samples
def test_all_formats_together_give_each_interval_once(samples: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name in ("videos", "subtitles"):
        (source / name).symlink_to(samples / name)
    run_cli("run", "--source", source, "--workspace", tmp_path / "w")
    project = Project(tmp_path / "w")
    clips = project.read("select-captions", "standardize").to_pylist()
    assert {(row["video_id"], row["start_ms"], row["end_ms"]) for row in clips} == truth(samples)
    assert all(row["samples"] == (row["end_ms"] - row["start_ms"]) * 32 for row in clips)
    assert (tmp_path / "w" / "audsem" / "README.md").is_file()
