"""Annotators with tiny models of the real architectures, from tar shards to Parquet, through the command line."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from audsem_data import Project
from audsem_data.storage.digests import file_sha256

from .test_beats import TINY, published


def cli(*arguments: str | Path, expect: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-c", "from audsem_data.cli.main import main; main()", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "200", "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == expect, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="session")
def beats(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("checkpoints") / "beats.pt"
    torch.save(published(TINY), path)
    return path


def rows(workspace: Path, stage: str) -> list[dict[str, Any]]:
    return list(Project(workspace).read(stage).to_pylist())


def test_beats_from_tar_to_evidence(workspace: Path, beats: Path) -> None:
    cli("annotate-beats", "-w", workspace, "--set", f"checkpoint={beats}", "--device", "cpu")
    cli("detect-music", "-w", workspace)
    found = rows(workspace, "annotate-beats")
    assert len(found) == len(rows(workspace, "annotate-acoustics")) > 0
    for row in found:
        scores = [tag["score"] for tag in row["tags"]]
        assert len(scores) == 5
        assert scores == sorted(scores, reverse=True)
    cli("combine", "-w", workspace)
    evidence = {row["clip_id"]: row["beats"]["tags"] for row in rows(workspace, "combine")}
    assert evidence == {row["clip_id"]: row["tags"] for row in found}
    assert {row["clip_id"] for row in rows(workspace, "detect-music")} >= {row["clip_id"] for row in found}


def test_batch_size_and_workers_change_no_tag(workspace: Path, beats: Path, tmp_path: Path) -> None:
    cli("annotate-beats", "-w", workspace, "--set", f"checkpoint={beats}", "--device", "cpu", "--batch", "1")
    alone = rows(workspace, "annotate-beats")
    cli("invalidate", "annotate-beats", "-w", workspace)
    spool = workspace / "cache" / "annotate-beats"
    assert list(spool.rglob("*.seg"))
    for segment in spool.rglob("*.seg"):
        segment.unlink()
    cli("annotate", "--audio", "-w", workspace, "--device", "cpu", "--workers", "2")
    together = rows(workspace, "annotate-beats")
    assert [row["clip_id"] for row in together] == [row["clip_id"] for row in alone]
    for one, other in zip(alone, together, strict=True):
        assert [tag["label"] for tag in one["tags"]] == [tag["label"] for tag in other["tags"]]
        assert [tag["score"] for tag in one["tags"]] == pytest.approx(
            [tag["score"] for tag in other["tags"]], abs=1e-5
        )


def test_a_checkpoint_counts_by_its_content(workspace: Path, beats: Path, tmp_path: Path) -> None:
    """Its place does not: moving it is no drift, and pays nothing twice; other weights in its place are told."""
    copy, moved = tmp_path / "copy.pt", tmp_path / "moved.pt"
    copy.write_bytes(beats.read_bytes())
    cli("annotate-beats", "-w", workspace, "--set", f"checkpoint={copy}", "--device", "cpu")
    before = rows(workspace, "annotate-beats")
    copy.rename(moved)
    nowhere = ("-w", workspace, "--device", "nowhere:0")  # so that no clip could be tagged again
    cli("annotate-beats", *nowhere, "--set", f"checkpoint={moved}")
    cli("invalidate", "annotate-beats", "-w", workspace)
    cli("annotate-beats", *nowhere)
    assert rows(workspace, "annotate-beats") == before
    record = next((workspace / "annotate-beats").rglob("part-00000.json"))
    assert record.read_text().count(f"own checkpoint sha256:{file_sha256(moved)}") == 1
    assert str(tmp_path) not in record.read_text()
    torch.save({**published(TINY), "note": "other weights"}, moved)
    said = cli("annotate-beats", *nowhere, expect=3)
    assert "other weights answered than would now" in said
    assert "invalidate annotate-beats" in said
    by_name = {stage["stage"]: stage for stage in json.loads(cli("status", "-w", workspace, "--json"))["stages"]}
    assert (by_name["annotate-beats"]["drifted"], by_name["annotate-acoustics"]["drifted"]) == (True, False)
    moved.unlink()  # a machine without the weights contradicts nobody
    cli("annotate-beats", *nowhere)
    assert rows(workspace, "annotate-beats") == before


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:5000]), "damaged"),
        (lambda path: path.unlink(), "no checkpoint"),
        (lambda path: torch.save({"model": {}}, path), "beats"),
    ],
)
def test_a_spoiled_checkpoint_costs_no_other_annotator(
    workspace: Path, beats: Path, tmp_path: Path, spoil: Any, said: str
) -> None:
    copy = tmp_path / "copy.pt"
    copy.write_bytes(beats.read_bytes())
    cli("invalidate", "annotate-acoustics", "-w", workspace)
    for segment in (workspace / "cache" / "annotate-acoustics").rglob("*.seg"):
        segment.unlink()
    spoil(copy)
    shown = cli("annotate-beats", "-w", workspace, "--set", f"checkpoint={copy}", "--device", "cpu", expect=1)
    assert said in shown.lower()
    assert "Traceback" not in shown
    shown = cli("annotate", "--audio", "-w", workspace, "--device", "cpu", expect=1)
    status = json.loads(cli("status", "-w", workspace, "--json"))
    by_name = {stage["stage"]: stage for stage in status["stages"]}
    assert by_name["annotate-acoustics"]["rows_out"] > 0
    assert by_name["annotate-beats"]["rows_out"] == 0


def test_a_device_that_is_not_here(workspace: Path, beats: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    arguments = ("annotate-beats", "-w", workspace, "--set", f"checkpoint={beats}", "--device", "cuda:3")
    assert "--device cuda:3 cannot be used here" in cli(*arguments, expect=2)
