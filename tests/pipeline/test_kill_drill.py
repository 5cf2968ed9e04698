"""SIGKILL of the whole process group at seeded points of progress; resumed each time, the bytes are the same."""

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from .comparing import data_files, stray_files, unreconciled
from .conftest import COMMAND, run_cli

SMALL = ("--set", "ingest.shard_units=1", "--set", "select-captions.shard_clips=5")
SEED = 20251114


def progress(workspace: Path) -> int:
    """Return how far a run is: commits, and finished rows in the spool."""
    spooled = sum(path.stat().st_size for path in workspace.glob("cache/*/*/*.seg"))
    return len(list(workspace.glob("*/v*/part-*.json"))) * 1000 + spooled // 100


def run_until(workspace: Path, arguments: list[str], goal: float, jitter: float) -> bool:
    """Run until the progress is reached, then kill the process group; returns whether the run ended before."""
    run = subprocess.Popen(
        [*COMMAND, *arguments], start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    while run.poll() is None:
        if progress(workspace) >= goal:
            time.sleep(jitter)
            os.killpg(run.pid, signal.SIGKILL)
            break
        time.sleep(0.003)
    _, said = run.communicate()
    assert run.returncode in (0, -signal.SIGKILL), said
    return run.returncode == 0


def drill(source: Path, tmp_path: Path, kills: int, workers: int) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    arguments = ["run", "--source", str(source), *SMALL, "--workers", str(workers), "--workspace"]
    run_cli(*arguments, whole)
    chance = random.Random(SEED + workers)
    goals = sorted(chance.uniform(0, progress(whole)) for _ in range(kills))
    ended = [run_until(killed, [*arguments, str(killed)], goal, chance.uniform(0, 0.05)) for goal in goals]
    assert ended.count(False) >= kills // 2, "too few kills hit a run"
    run_cli(*arguments, killed)
    assert data_files(killed) == data_files(whole)
    assert not stray_files(killed)
    assert not unreconciled(killed)
    assert all(s["complete"] for s in json.loads(run_cli("status", "-w", killed, "--json").stdout)["stages"])


def test_three_kills_change_no_byte(made: Path, tmp_path: Path) -> None:
    drill(made, tmp_path, kills=3, workers=2)


@pytest.mark.drill
@pytest.mark.parametrize("workers", [1, 2])
def test_twenty_kills_change_no_byte(made: Path, tmp_path: Path, workers: int) -> None:
    drill(made, tmp_path, kills=20, workers=workers)


def test_the_number_of_workers_changes_no_byte(made: Path, tmp_path: Path) -> None:
    for workers in (1, 2):
        run_cli("run", "--source", made, *SMALL, "--workers", str(workers), "--workspace", tmp_path / str(workers))
    assert data_files(tmp_path / "1") == data_files(tmp_path / "2")
