"""A video that is taken down leaves every shard, every cache and the dataset, and nothing tells its name."""

import json
from pathlib import Path

from audsem_data.publish.checks import check_dataset
from audsem_data.publish.tombstones import name_of

from .conftest import run_cli


def holding(folder: Path, *needles: bytes) -> list[Path]:
    """Return the files that hold any of these bytes."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return [path for path in files if any(needle in path.read_bytes() for needle in needles)]


def test_nothing_is_left_of_a_video_that_was_taken_down(workspace: Path) -> None:
    video = sorted(json.loads((workspace / "partition.json").read_text())["videos"])[0]
    assert holding(workspace / "audsem", video.encode())
    said = run_cli("takedown", video, "--workspace", workspace).stdout
    assert "are gone from every shard" in said
    dataset = workspace / "audsem"
    assert holding(dataset, video.encode()) == []
    assert check_dataset(dataset, frozenset([video])) == []
    [stone] = [json.loads(line) for line in (dataset / "removed.jsonl").read_text().splitlines()]
    assert stone["video_sha256"] == name_of(video)
    assert stone.keys() == {"video_sha256", "removed"}
    assert "removed.jsonl" in (dataset / "README.md").read_text()
    left = {path.relative_to(workspace).parts[0] for path in holding(workspace, f"{video}_0".encode())}
    assert left <= {"logs"}, left
    before = {path: path.read_bytes() for path in dataset.rglob("*") if path.is_file()}
    run_cli("takedown", video, "--workspace", workspace)
    assert {path: path.read_bytes() for path in dataset.rglob("*") if path.is_file()} == before


def test_what_is_no_video_id_is_refused(workspace: Path) -> None:
    assert "is no video id" in run_cli("takedown", "a#b", "--workspace", workspace, expect=2).stderr
