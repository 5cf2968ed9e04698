"""A crash at every step of every commit, and in the middle of every spool write: nothing is lost or doubled."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from .conftest import ROOT, run_cli


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """Two sounds with a caption each, in a shard each."""
    source = tmp_path / "source"
    source.mkdir()
    times = np.arange(int(3.2 * 16000)) / 16000
    for name, pitch in (("low", 200), ("high", 900)):
        soundfile.write(source / f"{name}.wav", 0.4 * np.sin(2 * np.pi * pitch * times), 16000)
        (source / f"{name}.en.srt").write_text("1\n00:00:00,000 --> 00:00:03,100\n[alarm beeping]\n")
    return source


def crash(tiny: Path, tmp_path: Path, first: int, stride: int) -> int:
    """Crash at these steps; returns how many crashes there were."""
    arguments = ["run", "--source", str(tiny), "--workers", "0", "--set", "select-captions.shard_clips=1"]
    run_cli(*arguments, "--workspace", tmp_path / "whole")
    command = [sys.executable, "-m", "pipeline.crash_steps", str(first), str(stride), str(tmp_path / "whole")]
    done = subprocess.run(
        [*command, str(tmp_path / "crashed"), *arguments],
        capture_output=True, text=True, check=False, cwd=ROOT / "tests",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def test_a_crash_at_some_steps_changes_nothing(tiny: Path, tmp_path: Path) -> None:
    assert crash(tiny, tmp_path, first=5, stride=23) >= 8


@pytest.mark.drill
def test_a_crash_at_every_step_changes_nothing(tiny: Path, tmp_path: Path) -> None:
    assert crash(tiny, tmp_path, first=1, stride=1) >= 200
