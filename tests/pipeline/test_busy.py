"""Two runs at once, interrupts, and disks that give out: each said plainly, and nothing lost."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from audsem_data import Project

from .comparing import data_files, stray_files, unreconciled
from .conftest import COMMAND, run_cli


def wait_for(condition: object, seconds: float = 30) -> None:
    """Wait until a callable says yes."""
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


def start(*arguments: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_the_second_driver_is_told_who_holds_the_stage(made: Path, tmp_path: Path) -> None:
    workspace = tmp_path / "w"
    run_cli("run", "--source", made, "--workspace", workspace, "--until", "score-duration")
    first = start("standardize", "--workspace", workspace)
    lock = workspace / "standardize" / ".lock"
    wait_for(lambda: lock.exists() and lock.read_bytes())
    os.killpg(first.pid, signal.SIGSTOP)
    try:
        refused = run_cli("standardize", "--workspace", workspace, expect=4)
        assert f"process {first.pid}" in refused.stderr
        assert "standardize" in refused.stderr
    finally:
        os.killpg(first.pid, signal.SIGKILL)
        first.communicate()
    run_cli("standardize", "--workspace", workspace)


def test_ctrl_c_finishes_what_is_in_flight_and_the_next_run_goes_on(
    built: Path, made: Path, tmp_path: Path
) -> None:
    workspace = tmp_path / "w"
    small = ("--set", "select-captions.shard_clips=5", "--workers", "2")
    run = start("run", "--source", made, *small, "--workspace", workspace)
    wait_for(lambda: (workspace / "standardize" / ".lock").exists())
    os.kill(run.pid, signal.SIGINT)
    _, said = run.communicate(timeout=60)
    assert run.returncode == 130, said
    assert "finishing what is in flight" in said
    assert not unreconciled(workspace)
    run_cli("run", "--workspace", workspace)
    assert not stray_files(workspace)
    written = [Project(root).read("generate-open-qa").to_pylist() for root in (workspace, built)]
    assert written[0] == written[1]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of three megabytes; skips where mounting is not permitted."""
    yield from _mounted(tmp_path / "disk", ["-t", "tmpfs", "-o", "size=3m", "tmpfs"])


def _mounted(where: Path, arguments: list[str]) -> Iterator[Path]:
    where.mkdir()
    if shutil.which("mount") is None or subprocess.run(["mount", *arguments, where], check=False).returncode:
        pytest.skip("mounting is not permitted here: a full or read-only disk cannot be tried")
    try:
        yield where
    finally:
        subprocess.run(["umount", where], check=True)


def test_a_full_disk_is_said_and_loses_nothing(made: Path, small_disk: Path, built: Path) -> None:
    workspace = small_disk / "w"
    full = run_cli("run", "--source", made, "--workspace", workspace, expect=1)
    assert "disk is full" in full.stderr or "are free" in full.stderr
    assert "Traceback" not in full.stderr
    subprocess.run(["mount", "-o", "remount,size=200m", small_disk], check=True)
    run_cli("run", "--workspace", workspace)
    assert data_files(workspace) == data_files(built)
    assert not stray_files(workspace)


def test_a_read_only_workspace_is_said(workspace: Path, tmp_path: Path) -> None:
    before = data_files(workspace)
    for mounted in _mounted(tmp_path / "ro", ["--bind", "-o", "ro", str(workspace)]):
        subprocess.run(["mount", "-o", "remount,ro,bind", mounted], check=True)
        refused = run_cli("run", "--workspace", mounted, expect=1)
        assert "read-only" in refused.stderr
        assert "Traceback" not in refused.stderr
        assert run_cli("status", "--workspace", mounted).stdout
    assert data_files(workspace) == before
