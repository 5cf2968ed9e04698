"""A server that takes pictures describes videos: it gets each frame and its time, and is never asked twice."""

import base64
import io
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from loopback import running
from PIL import Image

from audsem_data.core.errors import UsageError
from audsem_data.core.model import Device
from audsem_data.core.outcome import Failed
from audsem_data.llm.watching import WatchConfig, open_watcher
from audsem_data.media.clip_frames import ClipFrames

from .test_annotating import cli, rows
from .test_seeing import picture

CPU = Device("cpu")
VIDEO = ClipFrames((picture(1), picture(2), picture(3)), (0.0, 1.5, 3.0), 3.5)


class Server(ThreadingHTTPServer):
    """Says how bright each picture is that it gets; refuses or says nothing where it is told to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies: list[dict[str, Any]] = []
        self.silent = False
        self.refuse_after: int | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        server = self.server
        refused = server.refuse_after is not None and len(server.bodies) >= server.refuse_after
        if not refused:
            server.bodies.append(body)
        said = "" if server.silent else " ".join(f"{image.mean():.0f}" for image in images(body))
        answer = json.dumps({"choices": [{"message": {"content": said}}]}).encode()
        self.send_response(400 if refused else 200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


def images(body: dict[str, Any]) -> list[np.ndarray[Any, Any]]:
    """Return the pictures of a request, decoded by Pillow."""
    addresses = [
        part["image_url"]["url"] for part in body["messages"][-1]["content"] if part["type"] == "image_url"
    ]
    files = [base64.b64decode(address.removeprefix("data:image/jpeg;base64,")) for address in addresses]
    return [np.asarray(Image.open(io.BytesIO(file)).convert("RGB")) for file in files]


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    with running(made):
        yield made


def test_a_server_gets_the_frames_their_times_and_the_question(server: Server) -> None:
    describe = open_watcher(
        WatchConfig(backend="openai", endpoint=server.address, served_model="sees", max_new_tokens=9), CPU
    )
    [(place, said)] = describe([VIDEO])
    assert (place, said) == (0, " ".join(f"{image.mean():.0f}" for image in images(server.bodies[0])))
    [asked] = server.bodies
    assert (asked["model"], asked["max_tokens"], asked["temperature"]) == ("sees", 9, 0)
    for sent, frame in zip(images(asked), VIDEO.pictures, strict=True):
        assert np.abs(sent.astype(int) - frame).mean() < 3  # JPEG, nearly lossless
    text = asked["messages"][-1]["content"][-1]["text"]
    assert "3.5 seconds" in text
    assert "3 of its frames" in text
    assert "0, 1.5, 3 seconds" in text


def test_what_a_server_does_not_say(server: Server) -> None:
    describe = open_watcher(WatchConfig(backend="openai", endpoint=server.address, served_model="sees"), CPU)
    server.silent = True
    [(_, nothing)] = describe([VIDEO])
    server.refuse_after = 0
    [(_, refused)] = describe([VIDEO])
    assert isinstance(nothing, Failed)
    assert isinstance(refused, Failed)
    assert (nothing.reason, refused.reason) == ("nothing_said", "refused")
    with pytest.raises(UsageError, match="annotate-llava-video: backend=openai needs endpoint=URL"):
        open_watcher(WatchConfig(backend="openai"), CPU)


def test_the_stage_is_not_paid_twice(workspace: Path, server: Server) -> None:
    settings = ["backend=openai", f"endpoint={server.address}", "served_model=sees"]
    asked: list[str | Path] = [
        "annotate-llava-video",
        "-w",
        workspace,
        *(word for one in settings for word in ("--set", one)),
    ]
    server.refuse_after = 3
    cli(*asked, "--tolerate", "1")
    assert len(rows(workspace, "annotate-llava-video")) == 3
    server.refuse_after = None
    cli("retry", "annotate-llava-video", "--reason", "refused", "-w", workspace)
    described = rows(workspace, "annotate-llava-video")
    assert len(described) == len(rows(workspace, "standardize")) == len(server.bodies)
    cli("invalidate", "annotate-llava-video", "-w", workspace)
    cli("annotate", "--video", "-w", workspace)
    assert rows(workspace, "annotate-llava-video") == described
    assert len(server.bodies) == len(described)  # all answers were kept
