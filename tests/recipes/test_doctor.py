"""What a recipe needs is told before anything starts: options, extras, weights, licences, servers, disk."""

import json
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from loopback import running
from typer.testing import CliRunner

from audsem_data.cli.main import app
from audsem_data.llm.endpoint import server_fault
from audsem_data.models import specs
from audsem_data.models.sizes import published_bytes
from audsem_data.models.store import Pin, folder_of, write_pin
from audsem_data.runtime import requirements


class Publisher(ThreadingHTTPServer):
    """A Hub, a plain file host and an OpenAI-compatible server in one, as far as they are asked here."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Publisher

    def do_GET(self) -> None:
        self.server.asked += 1
        path = self.path.partition("?")[0]
        tree = [
            {"type": "file", "path": "model.safetensors", "size": 1000},
            {"type": "file", "path": "config.json", "size": 10},
            {"type": "file", "path": "pytorch_model.bin", "size": 999_999},
            {"type": "directory", "path": "onnx"},
        ]
        said: Any = {"/v1/models": {"data": [{"id": "small"}]}, "/api/models/some/model/tree/main": tree}.get(path)
        self.answer(200 if said else 404, json.dumps(said).encode())

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "77")
        self.end_headers()

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    with running(made := Publisher()):
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", made.address)
        server_fault.cache_clear()
        yield made


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the store of models to the test, and its process from asking the network."""
    monkeypatch.setenv("AUDSEM_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


def doctor(*arguments: str) -> tuple[int, dict[str, tuple[bool, str]]]:
    done = CliRunner().invoke(app, ["doctor", "--json", "-w", "/nowhere", *arguments])
    return done.exit_code, {line["name"]: (line["ok"], line["found"]) for line in json.loads(done.stdout)}


def test_the_offline_profile_needs_nothing(tmp_path: Path) -> None:
    code, found = doctor("--profile", "offline")
    assert code == 0
    assert found["assemble"] == (True, "nothing is missing")
    assert found["weights"] == (True, "all are here")


def test_the_paper_is_told_what_it_lacks() -> None:
    code, found = doctor("--profile", "paper")
    assert code == 1
    assert found["classify-encoder"][0] is False
    assert "train-caption-classifier" in found["classify-encoder"][1]
    assert "no commercial use" in found["annotate-lp-musiccaps"][1]
    assert "models fetch beats" in found["annotate-beats"][1]
    assert "size not known of" in found["weights"][1]
    assert found["combine"] == (True, "nothing is missing")


def test_what_is_there_is_no_fault(tmp_path: Path) -> None:
    folder = folder_of(specs.BEATS)
    folder.mkdir(parents=True)
    [name] = specs.BEATS.files
    (folder / name).write_bytes(b"12345")
    write_pin(specs.BEATS, Pin(specs.BEATS.source, "", {name: "x"}, {name: 5}))
    code, found = doctor("--profile", "laptop")
    assert found["annotate-beats"] == (True, "beats is present, 0 MB, MIT")
    (folder / name).write_bytes(b"1")
    assert "beats is damaged" in doctor("--profile", "laptop")[1]["annotate-beats"][1]
    assert code == 1


def test_a_server_is_asked_what_it_serves(publisher: Publisher) -> None:
    settings = ("--set", f"generate-mc-qa.endpoint={publisher.address}/v1")
    found = doctor("--profile", "laptop", *settings)[1]
    assert "serves small, not qwen3:4b-instruct" in found["generate-mc-qa"][1]
    found = doctor("--profile", "laptop", *settings, "--set", "generate-mc-qa.served_model=small")[1]
    assert found["generate-mc-qa"] == (True, "nothing is missing")
    found = doctor("--profile", "laptop", "--set", "generate-mc-qa.endpoint=http://127.0.0.1:9/v1")[1]
    assert "does not answer" in found["generate-mc-qa"][1]


def test_publishers_tell_sizes_and_a_silent_one_is_asked_once(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE")
    on_hub = replace(specs.BLIP, name="a", source="hf:some/model", revision="", files=("*.json", "*.safetensors"))
    of_file = replace(specs.BEATS, name="b", source=f"{publisher.address}/weights.pt")
    both = replace(on_hub, name="c", beside={f"{publisher.address}/lists/": ("x.txt", "y.txt")})
    unknown = replace(on_hub, name="d", source="hf:no/model")
    assert published_bytes([on_hub, of_file, both, unknown]) == {"a": 1010, "b": 77, "c": 1164, "d": None}
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    assert published_bytes([on_hub, unknown, of_file]) == {"a": None, "d": None, "b": 77}


def test_a_model_larger_than_the_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requirements, "largest_gpu", lambda: 24.0)
    found = doctor("--profile", "paper")[1]
    assert "needs about 34 GiB, and the largest GPU has 24" in found["annotate-qwen2-audio"][1]
    assert "GPU" not in found["annotate-beats"][1]


def test_weights_larger_than_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requirements, "published_bytes", lambda specs: {spec.name: 10**16 for spec in specs})
    ok, said = doctor("--profile", "laptop")[1]["weights"]
    assert not ok
    assert "GB of weights to fetch" in said


def test_models_of_a_profile_are_those_that_it_loads(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["models", "fetch", "--profile", "laptop", "--offline"])
    assert "beats is not here, and HF_HUB_OFFLINE forbids fetching it" in str(done.exception)
    mine = tmp_path / "mine.yaml"
    mine.write_text("extend: offline\n")
    assert CliRunner().invoke(app, ["models", "fetch", "--recipe", str(mine)]).exit_code == 0


def test_a_dry_run_makes_nothing(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "v.en.vtt").write_text("WEBVTT\n\n00:01.000 --> 00:05.000\n[dog barks]\n")
    arguments = ["run", "--profile", "paper", "--source", str(tmp_path / "s"), "-w", str(tmp_path / "w")]
    done = CliRunner().invoke(app, [*arguments, "--dry-run"])
    assert done.exit_code == 0, done.output
    assert "annotate-llava-video" in done.output
    assert not (tmp_path / "w").exists()
