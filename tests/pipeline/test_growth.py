"""Growing costs what is new and no more: counted by what the summaries say was worked on, and by bytes."""

import json
import shutil
from pathlib import Path

from audsem_data import Project

from .conftest import run_cli


def copy_video(made: Path, to: Path, *numbers: int) -> Path:
    """Return a source folder with some of the made videos."""
    for number in numbers:
        for path in made.rglob(f"demo-{number:02d}.*"):
            target = to / path.relative_to(made)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    return to


def spooled(workspace: Path) -> int:
    """Return how many bytes of paid-for work the spool holds: it grows by what is worked on, and only by that."""
    return sum(path.stat().st_size for path in (workspace / "cache").rglob("*.seg"))


def rows(workspace: Path, stage: str) -> dict[str, object]:
    table = Project(workspace).read(stage)
    return {row[table.column_names[0]]: row for row in table.to_pylist()}


def test_more_videos_leave_old_shards_alone(made: Path, tmp_path: Path) -> None:
    first, second = copy_video(made, tmp_path / "a", 0, 1), copy_video(made, tmp_path / "b", 2, 3)
    grown = tmp_path / "grown"
    run_cli("run", "--source", first, "--workspace", grown)
    old = {path.name for path in (grown / "annotate-acoustics" / "v1").glob("part-*.parquet")}
    partition = json.loads((grown / "partition.json").read_text())["videos"]
    run_cli("run", "--source", second, "--workspace", grown)
    assert old < {path.name for path in (grown / "annotate-acoustics" / "v1").glob("part-*.parquet")}
    assert partition.items() <= json.loads((grown / "partition.json").read_text())["videos"].items()
    fresh = tmp_path / "fresh"
    run_cli("run", "--source", first, "--source", second, "--workspace", fresh)
    for stage in ("standardize", "annotate-acoustics", "generate-mc-qa", "generate-creative-writing"):
        assert rows(grown, stage) == rows(fresh, stage), stage


def test_a_lower_threshold_works_on_the_new_clips_only(workspace: Path) -> None:
    before, evidence, paid = rows(workspace, "generate-open-qa"), rows(workspace, "combine"), spooled(workspace)
    run_cli("invalidate", "select-clips", "--workspace", workspace)
    run_cli("run", "--workspace", workspace, "--set", "select-clips.min_duration_ms=4000")
    fewer = rows(workspace, "generate-open-qa")
    assert 0 < len(fewer) < len(before)
    assert fewer.items() <= before.items()
    run_cli("invalidate", "select-clips", "--workspace", workspace)
    run_cli("run", "--workspace", workspace, "--set", "select-clips.min_duration_ms=3000")
    assert rows(workspace, "generate-open-qa") == before
    assert rows(workspace, "combine") == evidence
    assert spooled(workspace) == paid  # clips that came back were found in the spool


def test_an_excluded_video_leaves_every_stage_and_the_dataset(workspace: Path) -> None:
    video = next(iter(json.loads((workspace / "partition.json").read_text())["videos"]))
    paid = spooled(workspace)
    (workspace / "exclude.txt").write_text(f"# taken down\n{video}\n")
    run_cli("run", "--workspace", workspace)
    for stage in ("ingest", "extract-sdh", "select-captions", "standardize", "combine", "generate-captioning"):
        assert not any(key.startswith(f"{video}_") for key in rows(workspace, stage)), stage
    assert not any(video.encode() in path.read_bytes() for path in (workspace / "audsem").rglob("*.parquet"))
    assert spooled(workspace) == paid


def test_an_invalidated_slow_stage_is_not_paid_again(workspace: Path) -> None:
    before, paid = rows(workspace, "annotate-acoustics"), spooled(workspace)
    run_cli("invalidate", "annotate-acoustics", "--workspace", workspace)
    run_cli("run", "--workspace", workspace)
    assert rows(workspace, "annotate-acoustics") == before
    assert spooled(workspace) == paid


def test_rows_that_failed_come_back(made: Path, tmp_path: Path) -> None:
    source = copy_video(made, tmp_path / "source", 0, 1)
    video = source / "videos" / "demo-00.mp4"
    whole = video.read_bytes()
    workspace = tmp_path / "w"
    run_cli("run", "--source", source, "--workspace", workspace, "--until", "select-captions")
    video.rename(tmp_path / "away")
    run_cli("run", "--workspace", workspace)
    other = rows(workspace, "annotate-acoustics")
    assert not any(key.startswith("demo-00") for key in other)
    video.write_bytes(whole)
    run_cli("retry", "standardize", "--reason", "media_missing", "--workspace", workspace)
    run_cli("run", "--workspace", workspace)
    assert other.items() < rows(workspace, "annotate-acoustics").items()
