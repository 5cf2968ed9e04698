"""The dataset that the pipeline built, loaded as a downstream user loads it."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import soundfile

from audsem_data import Project

from .conftest import run_cli

TASKS = ("captioning", "mc_qa", "open_qa", "creative_writing")
CONFIGS = (*TASKS, *(f"{task}_semantic" for task in TASKS), "clips", "default")


@pytest.fixture(scope="session")
def split_dataset(built: Path, made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset with three splits, which four videos only have when each split gets a good share."""
    workspace = tmp_path_factory.mktemp("split") / "w"
    shares = ["--set", "assemble.validation=0.34", "--set", "assemble.test=0.33"]
    run_cli("run", "--source", made, "--workspace", workspace, *shares)
    return workspace


def load(dataset: Path, code: str, cache: Path) -> str:
    """Run a user's lines in a process of its own, offline and with an empty cache; returns what it prints."""
    environment = {**os.environ, "HF_HOME": str(cache), "HF_HUB_OFFLINE": "1"}
    lines = f"import datasets\ndatasets.disable_progress_bars()\nfolder = {str(dataset)!r}\n{code}"
    done = subprocess.run(
        [sys.executable, "-c", lines],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=dataset.parent,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_config_and_split_loads_streaming_and_not(split_dataset: Path, tmp_path: Path) -> None:
    code = """
for name in datasets.get_dataset_config_names(folder):
    whole = datasets.load_dataset(folder, name)
    for split, rows in whole.items():
        stream = datasets.load_dataset(folder, name, split=split, streaming=True)
        plain = stream.cast_column('audio', datasets.Audio(decode=False))
        assert sum(1 for _ in plain) == rows.num_rows > 0
        print(name, split, rows.num_rows)
"""
    rows: dict[str, dict[str, int]] = {}
    for line in load(split_dataset / "audsem", code, tmp_path).splitlines():
        name, split, count = line.split()
        rows.setdefault(name, {})[split] = int(count)
    assert set(rows) == set(CONFIGS)
    project = Project(split_dataset)
    for task in TASKS:
        written = project.read(f"generate-{task.replace('_', '-')}").to_pylist()
        for variant, name in (("simple", task), ("semantic", f"{task}_semantic")):
            assert sum(rows[name].values()) == sum(row["variant"] == variant for row in written)
    assert sum(rows["default"].values()) == sum(sum(rows[f"{task}_semantic"].values()) for task in TASKS)
    assert len(rows["clips"]) > 1


def test_a_bare_name_loads_the_local_directory(split_dataset: Path, tmp_path: Path) -> None:
    assert (
        int(load(split_dataset / "audsem", "print(len(datasets.load_dataset('audsem', split='train')))", tmp_path))
        > 0
    )


def test_the_audio_of_a_row_is_its_clip(split_dataset: Path) -> None:
    for path in (split_dataset / "audsem" / "data").glob("*/*.parquet"):
        for row in pq.read_table(path, columns=["clip_id", "audio", "start_ms", "end_ms"]).to_pylist():
            samples, rate = soundfile.read(io.BytesIO(row["audio"]["bytes"]))
            assert rate == 32000
            assert len(samples) == (row["end_ms"] - row["start_ms"]) * 32
            assert row["audio"]["path"] == f"{row['clip_id']}.flac"


def test_one_schema_in_all_files_of_all_tasks(split_dataset: Path) -> None:
    files = [p for p in (split_dataset / "audsem" / "data").glob("*/*.parquet") if p.parent.name != "clips"]
    schemas = [pq.read_schema(path) for path in files]
    first = schemas[0]
    assert all(s.equals(first) and s.metadata[b"huggingface"] == first.metadata[b"huggingface"] for s in schemas)


def test_splits_share_no_video(split_dataset: Path) -> None:
    videos: dict[str, set[str]] = {}
    for path in (split_dataset / "audsem" / "data").glob("*/*.parquet"):
        column = pq.read_table(path, columns=["video_id"])["video_id"].to_pylist()
        videos.setdefault(path.name.partition("-")[0], set()).update(column)
    names = sorted(videos)
    assert all(not videos[a] & videos[b] for a in names for b in names if a < b)


def test_four_nodes_see_each_row_once(split_dataset: Path, tmp_path: Path) -> None:
    code = """
from datasets.distributed import split_dataset_by_node
stream = datasets.load_dataset(folder, 'open_qa', split='train', streaming=True)
stream = stream.cast_column('audio', datasets.Audio(decode=False))
seen = [row['example_id'] for rank in range(4) for row in split_dataset_by_node(stream, rank, 4)]
print(len(seen), len(set(seen)), datasets.load_dataset(folder, 'open_qa', split='train').num_rows)
"""
    seen, distinct, rows = map(int, load(split_dataset / "audsem", code, tmp_path).split())
    assert seen == distinct == rows
