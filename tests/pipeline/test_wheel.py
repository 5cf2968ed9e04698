"""A wheel, installed where nothing else is, does the whole job."""

import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import ROOT


@pytest.mark.drill
def test_a_wheel_in_a_fresh_environment_builds_a_dataset(made: Path, tmp_path: Path) -> None:
    def run(*arguments: str | Path) -> str:
        return subprocess.run(
            list(map(str, arguments)), check=True, capture_output=True, text=True, cwd=tmp_path
        ).stdout

    run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", tmp_path, ROOT)
    run(sys.executable, "-m", "venv", tmp_path / "venv")
    python = tmp_path / "venv" / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "-c", ROOT / "constraints.txt", next(tmp_path.glob("*.whl")))
    command = tmp_path / "venv" / "bin" / "audsem-data"
    run(command, "run", "--profile", "offline", "--source", made, "--workspace", tmp_path / "w")
    assert "complete" in run(command, "status", "--workspace", tmp_path / "w")
    rows = "import datasets, sys; print(len(datasets.load_dataset(sys.argv[1], split='train')))"
    assert int(run(python, "-c", rows, tmp_path / "w" / "audsem").split()[-1]) > 0
    torch = "import importlib.util; print(importlib.util.find_spec('torch'))"
    assert run(python, "-c", torch).strip() == "None"
