"""Made source material, the real samples where they are, and a way to run the command line."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT.parent / "shared" / "samples"
COMMAND = [sys.executable, "-c", "from audsem_data.cli.main import main; main()"]

Cli = Callable[..., subprocess.CompletedProcess[str]]


def run_cli(*arguments: str | Path, expect: int = 0) -> subprocess.CompletedProcess[str]:
    """Run `audsem-data` in a process of its own and check its exit code."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "200"},
    )
    assert done.returncode == expect, f"exit {done.returncode}, not {expect}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's videos and subtitles, made once; do not change them."""
    folder = tmp_path_factory.mktemp("made")
    subprocess.run([sys.executable, ROOT / "docs" / "demo" / "make_videos.py", folder, "4"], check=True)
    return folder


@pytest.fixture(scope="session")
def built(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which the offline profile has run over the made videos; do not change it."""
    workspace = tmp_path_factory.mktemp("built") / "w"
    run_cli("run", "--profile", "offline", "--source", made, "--workspace", workspace)
    return workspace


@pytest.fixture
def workspace(built: Path, tmp_path: Path) -> Path:
    """A copy of the built workspace, to change."""
    copy = tmp_path / "w"
    shutil.copytree(built, copy)
    return copy


@pytest.fixture
def samples() -> Path:
    """The real sample videos; skips where they are not beside the checkout."""
    if not SAMPLES.is_dir():
        pytest.skip("the sample videos are not beside this checkout")
    return SAMPLES
