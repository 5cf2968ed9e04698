"""The command serves what it says where it says, and goes without leaving anything."""

import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
from pipeline.conftest import COMMAND, run_cli


@contextmanager
def browsing(*arguments: str | Path, scratch: Path) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """Run `browse` on a free port; give the process, the address and the line on decisions."""
    command = [*COMMAND, "browse", *map(str, arguments), "--port", "0"]
    environment = {**os.environ, "TMPDIR": str(scratch), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout
        address = re.search(r"http://\S+", process.stdout.readline())
        assert address
        yield process, address[0], process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0


def test_it_serves_and_leaves_nothing(workspace: Path, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with browsing("--workspace", workspace, scratch=scratch) as (_, address, decisions):
        assert httpx2.get(address).status_code == 200
        assert str(workspace / "reviews.sqlite") in decisions
        assert list(scratch.glob("audsem-browse-*"))
    assert not list(scratch.glob("audsem-browse-*"))


def test_a_token_is_asked_for_when_wanted(workspace: Path, tmp_path: Path) -> None:
    with browsing(workspace / "audsem", "--token", scratch=tmp_path) as (_, address, _decisions):
        bare = address.partition("?")[0]
        assert httpx2.get(bare).status_code == 401
        with httpx2.Client(follow_redirects=True) as client:
            assert client.get(address).status_code == 200
            assert client.get(bare).status_code == 200, "the cookie is enough from here on"


def test_a_port_that_is_taken_is_said(workspace: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert "--port" in run_cli("browse", "--workspace", workspace, "--port", port, expect=2).stderr


def test_what_is_neither_workspace_nor_dataset_is_said(tmp_path: Path) -> None:
    for command in ("browse", "report", "sample"):
        assert "recipe.yaml" in run_cli(command, tmp_path, expect=2).stderr
        assert "--workspace" in run_cli(command, expect=2).stderr
