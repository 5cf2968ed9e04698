"""A video that is taken down leaves every shard, every cache and the dataset, and nothing tells its name."""

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from audsem_data.publish.checks import check_dataset
from audsem_data.publish.tombstones import name_of
from audsem_data.runtime.holdings import holdings
from audsem_data.storage.lock import workspace_lock

from .conftest import run_cli


def holding(folder: Path, *needles: bytes) -> list[Path]:
    """Return the files that hold any of these bytes."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return [path for path in files if any(needle in path.read_bytes() for needle in needles)]


def videos_of(workspace: Path) -> list[str]:
    return sorted(json.loads((workspace / "partition.json").read_text())["videos"])


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_nothing_is_left_of_a_video_that_was_taken_down(workspace: Path) -> None:
    video = videos_of(workspace)[0]
    dataset = workspace / "audsem"
    older, lost = workspace / "combine" / "v0", workspace / "annotate-past" / "v1"
    for folder in (older, lost):  # of a version before, and of a stage that the recipe no longer has
        shutil.copytree(workspace / "combine" / "v2", folder)
    before = holdings(workspace, {video})
    assert {"audsem", "standardize", "ingest", "annotate-past"} <= before.keys()
    said = run_cli("takedown", f" {video.upper()} ", "--workspace", workspace).stdout
    for place, held in before.items():
        assert f"gone from {place}: {held}" in said
    assert holdings(workspace, {video}) == {}
    assert holding(dataset, video.encode()) == []
    assert check_dataset(dataset, frozenset([video])) == []
    [stone] = [json.loads(line) for line in (dataset / "removed.jsonl").read_text().splitlines()]
    assert stone["video_sha256"] == name_of(video)
    assert stone.keys() == {"video_sha256", "removed"}
    assert "removed.jsonl" in (dataset / "README.md").read_text()
    left = {path.relative_to(workspace).parts[0] for path in holding(workspace, f"{video}_0".encode())}
    assert left <= {"logs"}, left
    again = contents(dataset)
    assert "taken down before" in run_cli("takedown", video, "--workspace", workspace).stdout
    assert contents(dataset) == again


@pytest.mark.parametrize("video", ["nothing", "https://www.youtube.com/watch?v=dQw4w9WgXcQ", "a#b", " "])
def test_what_names_no_video_is_refused_and_written_nowhere(video: str, workspace: Path) -> None:
    known = videos_of(workspace)[0]
    refused = run_cli("takedown", known, video, "--workspace", workspace, expect=2).stderr
    assert "names no video" in refused
    assert not (workspace / "exclude.txt").exists()
    assert not (workspace / "removed.jsonl").exists()
    assert holdings(workspace, {known})


def test_near_names_are_offered(workspace: Path) -> None:
    known = videos_of(workspace)[0]
    assert known in run_cli("takedown", f"{known}x", "--workspace", workspace, expect=2).stderr


def test_who_works_in_the_workspace_is_not_worked_against(workspace: Path) -> None:
    video = videos_of(workspace)[0]
    with workspace_lock(workspace):
        refused = run_cli("takedown", video, "--workspace", workspace, expect=4).stderr
        assert "is in use by process" in refused
    with workspace_lock(workspace, alone=True):
        run_cli("run", "--workspace", workspace, expect=4)
        run_cli("publish", "tester/audsem", "--workspace", workspace, expect=4)
    assert not (workspace / "exclude.txt").exists()
    assert holdings(workspace, {video})


def test_the_last_video_takes_the_dataset_with_it_and_sources_need_not_be_there(
    workspace: Path, made: Path
) -> None:
    recipe = workspace / "recipe.yaml"
    recipe.write_text(recipe.read_text().replace(str(made), "/nowhere/any/more"))
    videos = videos_of(workspace)
    done = run_cli("takedown", *videos, "--workspace", workspace)
    assert "the dataset was withdrawn" in done.stderr
    assert not (workspace / "audsem").exists()
    assert holdings(workspace, set(videos)) == {}


def test_what_cannot_be_made_anew_yet_is_withdrawn_or_said(workspace: Path, made: Path) -> None:
    first, second, *_ = videos_of(workspace)
    run_cli("invalidate", "assemble", "--workspace", workspace)
    done = run_cli("takedown", first, "--workspace", workspace)
    assert "the dataset was withdrawn" in done.stderr
    assert holdings(workspace, {first}) == {}
    run_cli("invalidate", "combine", "--workspace", workspace)
    done = run_cli("takedown", second, "--workspace", workspace, expect=1)
    assert "still hold something of them" in done.stderr
    assert "select-clips needs combine" in done.stderr
    run_cli("run", "--workspace", workspace)
    assert "taken down before" in run_cli("takedown", first, second, "--workspace", workspace).stdout
    assert check_dataset(workspace / "audsem", frozenset([first, second])) == []
    tables = [pq.read_table(path) for path in (workspace / "audsem" / "data" / "clips").glob("*")]
    held = {one for table in tables for one in table["video_id"].to_pylist()}
    assert held == set(videos_of(workspace)) - {first, second}
