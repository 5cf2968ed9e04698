"""Weights are fetched whole or not at all: from a Hub and from addresses, on loopback, resumed and checked."""

import dataclasses
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from loopback import running

from audsem_data.core.errors import ModelError
from audsem_data.core.model import ModelSpec
from audsem_data.models.fetching import fetch
from audsem_data.models.specs import MODELS
from audsem_data.models.store import folder_of, locate, read_pin, state, verify
from audsem_data.models.weights import published_weights

from .hub import Hub

DATA = bytes(range(256)) * 4000


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AUDSEM_MODELS", str(tmp_path / "store"))
    return tmp_path / "store"


class Server(ThreadingHTTPServer):
    """Serves one file, as badly as asked: a list of what to do wrong, the next time first."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.wrong: list[str] = []
        self.asked: list[str | None] = []
        self.ranges = True

    def spec(self, sha256: str = "") -> ModelSpec:
        address = f"http://127.0.0.1:{self.server_port}/weights.pt"
        digests = {"weights.pt": sha256} if sha256 else {}
        return ModelSpec("tiny", address, ("weights.pt",), "MIT", "a test", sha256=digests)


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        wanted = self.headers.get("range")
        self.server.asked.append(wanted)
        wrong = self.server.wrong.pop(0) if self.server.wrong else ""
        if wrong.isdigit():
            self.send_response(int(wrong))
            self.send_header("content-length", "0")
            self.end_headers()
            return
        begin = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.server.ranges else 0
        self.send_response(206 if begin else 200)
        self.send_header("content-length", str(len(DATA) - begin))
        self.end_headers()
        self.wfile.write(DATA[begin : len(DATA) // 2] if wrong == "break" else DATA[begin:])
        self.close_connection = True

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    with running(made):
        yield made


def test_from_an_address(server: Server) -> None:
    spec = server.spec(hashlib.sha256(DATA).hexdigest())
    with pytest.raises(ModelError, match="audsem-data models fetch tiny"):
        locate(spec, "")
    seen: list[tuple[int, int]] = []
    fetch(spec, lambda name, done, size: seen.append((done, size)))
    assert locate(spec, "").read_bytes() == DATA
    assert seen[-1] == (len(DATA), len(DATA))
    assert verify(spec) == len(DATA)
    fetch(spec)
    assert len(server.asked) == 1


def test_what_has_come_is_not_asked_for_again(server: Server) -> None:
    server.wrong = ["break", "503"]
    fetch(server.spec(), patience=0.01)
    assert locate(server.spec(), "").read_bytes() == DATA
    assert server.asked == [None, f"bytes={len(DATA) // 2}-", f"bytes={len(DATA) // 2}-"]


def test_a_server_without_ranges(server: Server) -> None:
    server.wrong, server.ranges = ["break"], False
    fetch(server.spec(), patience=0.01)
    assert locate(server.spec(), "").read_bytes() == DATA


@pytest.mark.parametrize(("wrong", "asked", "said"), [(["404"], 1, "404"), (["500"] * 9, 5, "500")])
def test_a_server_that_says_no(server: Server, wrong: list[str], asked: int, said: str) -> None:
    server.wrong = wrong
    with pytest.raises(ModelError, match=f"answers {said}.*by hand"):
        fetch(server.spec(), patience=0.001)
    assert len(server.asked) == asked
    assert state(server.spec()) == "absent"


def test_a_wrong_digest_is_put_aside(server: Server) -> None:
    spec = server.spec("0" * 64)
    with pytest.raises(ModelError, match="is kept as"):
        fetch(spec)
    assert state(spec) == "absent"
    assert [path.name[:17] for path in folder_of(spec).iterdir()] == ["weights.pt.wrong-"]


def test_damage_is_seen_and_mended(server: Server) -> None:
    spec = server.spec()
    fetch(spec)
    path = locate(spec, "")
    path.write_bytes(b"x" + DATA[1:])
    assert state(spec) == "present"  # by size
    with pytest.raises(ModelError, match="has SHA-256"):
        verify(spec)
    path.write_bytes(DATA[:9])
    assert state(spec) == "damaged"
    fetch(spec)
    assert verify(spec) == len(DATA)
    (folder_of(spec) / "pin.json").write_text("[")
    assert state(spec) == "damaged"
    with pytest.raises(ModelError, match="is damaged"):
        read_pin(spec)


def test_an_override_needs_no_store(tmp_path: Path, server: Server) -> None:
    (tmp_path / "mine.pt").write_bytes(b"x")
    assert locate(server.spec(), str(tmp_path / "mine.pt")) == tmp_path / "mine.pt"
    with pytest.raises(ModelError, match="there is no checkpoint"):
        locate(server.spec(), str(tmp_path / "none.pt"))


_FROM_HUB = """
import json, sys
from audsem_data.core.errors import ModelError
from audsem_data.core.model import ModelSpec
from audsem_data.models.fetching import fetch
from audsem_data.models.store import locate, verify
spec = ModelSpec("tiny", "hf:o/m", tuple(sys.argv[2:]), "MIT", "a test", revision=sys.argv[1])
try:
    pin = fetch(spec)
except ModelError as error:
    print(json.dumps({"error": str(error)}))
else:
    verify(spec)
    print(json.dumps({"revision": pin.revision, "files": sorted(pin.files), "at": str(locate(spec, ""))}))
"""


def from_hub(hub: Hub, tmp_path: Path, revision: str, *files: str, **environment: str) -> dict[str, Any]:
    """Fetch in a process of its own: the client reads its environment once."""
    known = {"HF_ENDPOINT": hub.address, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_DISABLE_XET": "1"}
    done = subprocess.run(
        [sys.executable, "-c", _FROM_HUB, revision, *files],
        env={**os.environ, **known, "HF_HUB_DISABLE_TELEMETRY": "1", **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_from_a_hub_at_a_commit_that_stays(tmp_path: Path) -> None:
    hub = Hub("o/m")
    first = hub.commit({"config.json": b"{}", "model.safetensors": b"one", "notes.md": b"n"})
    with running(hub):
        found = from_hub(hub, tmp_path, "", "*.json", "model.safetensors")
        assert found["revision"] == first
        assert found["files"] == ["config.json", "model.safetensors"]
        assert (Path(found["at"]) / "model.safetensors").read_bytes() == b"one"
        hub.commit({"config.json": b"{}", "model.safetensors": b"two"})
        asked = len(hub.asked)
        assert from_hub(hub, tmp_path, "", "*.json", "model.safetensors")["revision"] == first
        assert len(hub.asked) == asked  # what is there is not asked for
        assert from_hub(hub, tmp_path, first, "*.json", "model.safetensors")["revision"] == first
        (Path(found["at"]) / "model.safetensors").unlink()  # and what is mended comes from the pin
        assert from_hub(hub, tmp_path, "", "*.json", "model.safetensors")["revision"] == first
        assert (Path(found["at"]) / "model.safetensors").read_bytes() == b"one"


def test_files_of_the_hub_lie_in_the_cache_that_others_share(tmp_path: Path, store: Path) -> None:
    hub = Hub("o/m")
    first = hub.commit({"config.json": b"{}", "model.safetensors": b"one"})
    with running(hub):
        found = Path(from_hub(hub, tmp_path, first, "*.json", "model.safetensors")["at"])
        shared = found / "model.safetensors"
        assert (tmp_path / "hf" / "hub").resolve() in shared.resolve().parents
        shutil.rmtree(store)  # the store is given up; what others share is not fetched again
        from_hub(hub, tmp_path, first, "*.json", "model.safetensors")
        assert hub.sent == 2  # one body of each file, the first time
    assert shared.read_bytes() == b"one"


def test_a_mirror_stands_in_for_a_source_that_is_gone(server: Server, tmp_path: Path) -> None:
    gone = dataclasses.replace(server.spec(), source="http://127.0.0.1:9/weights.pt")
    with pytest.raises(ModelError, match="models fetch tiny --from SOURCE"):
        fetch(gone, patience=0.001)
    fetch(gone, mirror=server.spec().source)
    assert locate(gone, "").read_bytes() == DATA
    fetch(gone)  # it is there, wherever it came from
    assert published_weights(gone) == f"{gone.source} sha256:{hashlib.sha256(DATA).hexdigest()}"


@pytest.mark.parametrize(
    ("revision", "files", "environment", "said"),
    [
        ("", ("absent.bin",), {}, "has no file absent.bin"),
        ("0" * 40, ("*.json",), {}, "cannot be fetched"),
        ("", ("*.json",), {"HF_HUB_OFFLINE": "1"}, "HF_HUB_OFFLINE forbids"),
        ("", ("*.json",), {"HF_ENDPOINT": "http://127.0.0.1:9"}, "cannot be fetched"),
    ],
)
def test_a_hub_that_says_no(
    tmp_path: Path, revision: str, files: tuple[str, ...], environment: dict[str, str], said: str
) -> None:
    hub = Hub("o/m")
    hub.commit({"config.json": b"{}"})
    with running(hub):
        assert said in from_hub(hub, tmp_path, revision, *files, **environment)["error"]


def test_the_commands(store: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        code = "from audsem_data.cli.main import main; main()"
        return subprocess.run([sys.executable, "-c", code, "models", *arguments], capture_output=True, text=True)

    listed = json.loads(run("list", "--json").stdout)
    assert [row["name"] for row in listed] == list(MODELS)
    assert {row["state"] for row in listed} == {"absent"}
    assert all(row["licence"] and row["source"] and row["reference"] for row in listed)
    assert "absent" in run("list").stdout
    refused = run("fetch", "beats", "--offline")
    assert (refused.returncode, "forbids fetching" in refused.stderr) == (1, True)
    unknown = run("fetch", "nothing")
    assert (unknown.returncode, "models: beats" in unknown.stderr) == (2, True)
    assert run("verify").returncode == 0
    assert "models fetch beats" in run("verify", "beats").stderr
