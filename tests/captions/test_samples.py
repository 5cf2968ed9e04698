"""The real samples, from each subtitle format: exactly the sound captions of truth.csv, to the millisecond."""

import csv
import shutil
from pathlib import Path

import pytest

from .driver import Select

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples"
pytestmark = [pytest.mark.samples, pytest.mark.skipif(not SAMPLES.is_dir(), reason="no sample videos here")]

FORMATS = ["vtt", "srt", "json3", "srv1", "srv3", "txt"]


@pytest.fixture(scope="module")
def truth() -> set[tuple[str, int, int]]:
    with (SAMPLES / "truth.csv").open(newline="") as file:
        return {(row["video_id"], int(row["start_ms"]), int(row["end_ms"])) for row in csv.DictReader(file)}


@pytest.mark.parametrize("suffix", FORMATS)
def test_each_format_gives_the_truth(
    suffix: str, truth: set[tuple[str, int, int]], select: Select, tmp_path: Path
) -> None:
    subtitles = tmp_path / "subtitles"
    subtitles.mkdir()
    for path in (SAMPLES / "subtitles").glob(f"*.{suffix}"):
        shutil.copy(path, subtitles)
    clips = select(SAMPLES / "videos", subtitles)
    assert len(truth) == 42
    assert [clip["clip_id"] for clip in clips] == sorted(clip["clip_id"] for clip in clips)
    assert sorted((clip["video_id"], clip["start_ms"], clip["end_ms"]) for clip in clips) == sorted(truth)
    for clip in clips:
        assert Path(clip["media"]).is_file()
        assert Path(clip["media"]).stem == clip["video_id"]
        assert int(clip["media_signature"].split("-")[0]) == Path(clip["media"]).stat().st_size


def test_all_formats_together_give_each_interval_once(truth: set[tuple[str, int, int]], select: Select) -> None:
    clips = select(SAMPLES / "videos", SAMPLES / "subtitles")
    assert sorted((clip["video_id"], clip["start_ms"], clip["end_ms"]) for clip in clips) == sorted(truth)


def test_a_table_gives_them_too(truth: set[tuple[str, int, int]], select: Select) -> None:
    clips = select(SAMPLES / "truth.csv", SAMPLES / "videos")
    assert sorted((clip["video_id"], clip["start_ms"], clip["end_ms"]) for clip in clips) == sorted(truth)
    assert all(Path(clip["media"]).is_file() for clip in clips)
