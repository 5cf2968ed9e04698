"""A dataset of the Hub is looked at by its name, as one that is here."""

import os
import subprocess
from pathlib import Path

from pipeline.conftest import COMMAND
from release.hub_server import hub_server
from release.test_publish import environment

from report.test_page import Parsed

REPO = "tester/audsem"


def test_a_published_dataset_is_reported_and_sampled_by_name(workspace: Path, tmp_path: Path) -> None:
    with hub_server() as server:
        # Other tests of the process may have taken it offline for as long as it lives.
        online = {name: value for name, value in os.environ.items() if name != "HF_HUB_OFFLINE"}
        known = {**online, **environment(server, tmp_path / "home")}

        def run(*arguments: str | Path) -> str:
            command = [*COMMAND, *map(str, arguments)]
            done = subprocess.run(command, capture_output=True, text=True, check=False, env=known)
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout

        run("invalidate", "assemble", "--workspace", workspace)
        run("assemble", "--workspace", workspace, "--set", "license=cc-by-4.0")
        run("publish", REPO, "--workspace", workspace, "--with-audio")
        run("report", REPO, "--out", tmp_path / "r.html", "--clips", "2")
        assert "thinking:" in run("sample", REPO, "-n", "1")
    page = Parsed((tmp_path / "r.html").read_text(encoding="utf-8"))
    assert [tag for tag, _ in page.elements].count("audio") == 2
    assert "below threshold" in page.text, "the funnel of its manifest is told"
