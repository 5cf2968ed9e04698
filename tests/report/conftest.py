"""A workspace that the offline profile made, a library of texts that mean harm, and a real browser where one is."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pipeline.conftest import ROOT, run_cli

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which the offline profile has run over the demo's videos; do not change it."""
    folder = tmp_path_factory.mktemp("report")
    subprocess.run([sys.executable, ROOT / "docs" / "demo" / "make_videos.py", folder / "made", "3"], check=True)
    run_cli("run", "--profile", "offline", "--source", folder / "made", "--workspace", folder / "w")
    return folder / "w"


@pytest.fixture
def workspace(built: Path, tmp_path: Path) -> Path:
    """A copy of the built workspace, to change."""
    return Path(shutil.copytree(built, tmp_path / "w"))


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """Headless Chromium; skips, and says so, where none is installed."""
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip(f"no browser is installed; looked for {', '.join(BROWSERS)}")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        arguments = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        opened = driver.chromium.launch(executable_path=path, args=arguments)
        yield opened
        opened.close()
