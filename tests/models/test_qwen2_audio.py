"""Qwen2-Audio describes by search alone: the same words in any batch, whatever its checkpoint would sample."""

import base64
import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from loopback import running

from audsem_data.core.errors import ModelError, UsageError
from audsem_data.core.model import Device
from audsem_data.core.outcome import Failed
from audsem_data.llm.describing import PROMPT, DescribeConfig, open_describer
from audsem_data.models.qwen2_audio import RATE, Qwen2Audio

from .test_annotating import cli, rows
from .tiny_qwen2_audio import save_qwen2_audio

CPU = Device("cpu")
CHAT = PROMPT.messages()
Array = np.ndarray[Any, Any]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_qwen2_audio(tmp_path_factory.mktemp("qwen"))


@pytest.fixture(scope="module")
def model(folder: Path) -> Qwen2Audio:
    return Qwen2Audio(folder, CPU, beams=2, new_tokens=12)


def noise(seconds: float, seed: int = 0) -> Array:
    return np.asarray(0.1 * np.random.default_rng(seed).standard_normal(round(seconds * RATE)), np.float32)


def test_a_clip_in_any_batch_gives_the_same_words(model: Qwen2Audio) -> None:
    clips = [noise(s, i) for i, s in enumerate([3, 0.0001, 0.1, 7.3, 3])] + [np.zeros(2 * RATE, np.float32)]
    alone = [model([clip], CHAT)[0] for clip in clips]
    assert model(clips, CHAT) == alone
    assert model(clips[::-1], CHAT) == alone[::-1]
    assert len(set(alone)) > 2  # it does listen


def test_nothing_is_sampled_whatever_the_checkpoint_says(folder: Path, model: Qwen2Audio) -> None:
    assert json.loads((folder / "generation_config.json").read_text())["do_sample"] is True
    sound = noise(4)
    assert Qwen2Audio(folder, CPU, beams=2, new_tokens=12)([sound], CHAT) == model([sound], CHAT)
    settings = model.network.generation_config
    assert (settings.do_sample, settings.repetition_penalty, settings.num_beams) == (False, 1.0, 2)


def test_a_long_clip_is_described_in_windows(model: Qwen2Audio) -> None:
    first, second = noise(30, 1), noise(12, 2)
    parts = [model([part], CHAT)[0] or "" for part in (first, second)]
    assert model([np.concatenate([first, second])], CHAT) == [" ".join(part for part in parts if part)]
    assert model([np.concatenate([first, second[: RATE // 2]])], CHAT) == [parts[0]]


def test_what_cannot_be_described(model: Qwen2Audio) -> None:
    broken = noise(3)
    broken[11] = np.nan
    sound = noise(2, 9)
    assert model([np.zeros(0, np.float32), broken, sound], CHAT) == [None, None, model([sound], CHAT)[0]]


def test_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model folder"):
        Qwen2Audio(tmp_path / "none", CPU)
    with pytest.raises(UsageError, match="served_model=NAME"):
        open_describer(DescribeConfig(backend="openai"), CPU)


def test_the_stage_in_this_process(workspace: Path, folder: Path) -> None:
    settings = [f"checkpoint={folder}", "max_new_tokens=8", "beams=2"]
    cli(
        "annotate-qwen2-audio", "-w", workspace, "--device", "cpu", *[a for s in settings for a in ("--set", s)],
        "--tolerate", "1",
    )  # fmt: skip
    assert rows(workspace, "annotate-qwen2-audio")


class Server(ThreadingHTTPServer):
    """Says how long the sound is that it gets."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies: list[dict[str, Any]] = []
        self.silent = False


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.bodies.append(body)
        sound = body["messages"][-1]["content"][0]["input_audio"]
        samples, rate = soundfile.read(io.BytesIO(base64.b64decode(sound["data"])))
        said = "" if self.server.silent else f"{len(samples)} samples at {rate},\n peak {abs(samples).max():.3f}"
        answer = json.dumps({"choices": [{"message": {"content": said}}]}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    with running(made):
        yield made


def test_a_server_gets_the_sound_and_the_question(server: Server) -> None:
    assert threading.active_count() >= 2
    config = DescribeConfig(
        backend="openai", endpoint=f"http://127.0.0.1:{server.server_port}/v1", served_model="q", max_new_tokens=7
    )
    describe = open_describer(config, CPU)
    clips = [noise(1), noise(0.5, 3)]
    assert describe(clips) == [f"{len(c)} samples at 16000, peak {abs(c).max():.3f}" for c in clips]
    asked = server.bodies[0]
    assert (asked["model"], asked["max_tokens"], asked["temperature"], asked["seed"]) == ("q", 7, 0, 0)
    assert asked["messages"][-1]["content"][1]["text"] == CHAT[-1]["content"]
    server.silent = True
    [nothing] = describe(clips[:1])
    assert isinstance(nothing, Failed)
    assert nothing.reason == "nothing_said"
