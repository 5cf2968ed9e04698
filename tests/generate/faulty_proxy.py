"""A proxy on loopback that passes requests on, and now and then does to them what networks and servers do."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2
from loopback import running

FAULTS = ("refused", "broken", "garbage", "cut", "hung", "closed")


class FaultyProxy(ThreadingHTTPServer):
    """Forwards to `url`; a share of the requests meets a fault, drawn by a seed. Counts both."""

    daemon_threads = True

    def __init__(self, url: str, share: float, hang: float) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target, self.share, self.hang = url, share, hang
        self.chance = random.Random(11)
        self.counts: Counter[str] = Counter()
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        """Up to and with /v1."""
        return f"http://127.0.0.1:{self.server_port}/v1"

    def draw(self) -> str:
        """Return a fault, or `passed`."""
        with self.lock:
            drawn = self.chance.choice(FAULTS) if self.chance.random() < self.share else "passed"
            self.counts[drawn] += 1
        return drawn


class _Handler(BaseHTTPRequestHandler):
    server: FaultyProxy

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        fault = self.server.draw()
        if fault == "refused":
            self._say(429, b"slow down", {"retry-after": "0.01"})
        elif fault == "broken":
            self._say(500, b"oops")
        elif fault == "garbage":
            self._say(200, b"<html>it works</html>")
        elif fault == "hung":
            time.sleep(self.server.hang)
        elif fault != "closed":
            self._forward(body, cut=fault == "cut")

    def _forward(self, body: bytes, cut: bool) -> None:
        target = self.server.target.removesuffix("/v1") + self.path
        answer = httpx2.post(target, content=body, headers={"content-type": "application/json"}, timeout=120)
        said = answer.content
        self._say(answer.status_code, said[: len(said) // 2] if cut else said, {"content-length": str(len(said))})

    def _say(self, status: int, said: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"content-length": str(len(said)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


@contextmanager
def faulty_proxy(url: str, share: float = 0.3, hang: float = 3.0) -> Iterator[FaultyProxy]:
    """Give a running proxy."""
    with running(FaultyProxy(url, share, hang)) as proxy:
        yield proxy
