"""A small workspace with clips, for annotators to work on."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from audsem_data import Project

MAKE_VIDEOS = Path(__file__).resolve().parents[2] / "docs" / "demo" / "make_videos.py"


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Keep torch from using every core: test processes run side by side."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of the offline profile up to the clips and their acoustics; do not change it."""
    folder = tmp_path_factory.mktemp("standing")
    subprocess.run([sys.executable, MAKE_VIDEOS, folder / "source", "3"], check=True, capture_output=True)
    Project(folder / "w", sources=[str(folder / "source")]).run(until="combine", workers=0)
    return folder / "w"


@pytest.fixture
def workspace(standing: Path, tmp_path: Path) -> Path:
    """A copy of the standing workspace, to change."""
    shutil.copytree(standing, tmp_path / "w")
    return tmp_path / "w"
