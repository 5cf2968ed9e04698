"""A web server on loopback that serves media the way the world does: well, slowly, badly, or not at all.

A path says how a file is served: `/BEHAVIOUR/NAME` straight, and `/BEHAVIOUR/watch?v=NAME` as a page that embeds
it. Every request is kept with its time, so that a test can count what a client really asked for.
"""

import html
import re
import socket
import struct
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from loopback import running

_BLOCK = 1 << 14
_RESET = struct.pack("ii", 1, 0)  # linger for no time: what is not sent yet is dropped, and the client is told
_TYPES = {
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".mkv": "video/x-matroska",
    ".wav": "audio/wav",
    ".ts": "video/mp2t",
    ".m4a": "audio/mp4",
    ".m3u8": "application/vnd.apple.mpegurl",
    ".mpd": "application/dash+xml",
}


@dataclass(frozen=True)
class Seen:
    """A request: when (monotonic), its method, path and range, and whether ffmpeg made it."""

    time: float
    method: str
    path: str
    range: str
    by_ffmpeg: bool
    sent: list[int] = field(default_factory=lambda: [0])

    @property
    def opens_a_section(self) -> bool:
        """Say whether it is the first of the requests that ffmpeg makes for a section."""
        return self.by_ffmpeg and self.range == "bytes=0-"


class MediaServer(ThreadingHTTPServer):
    """Serves the files of a folder by their stems; its attributes may be changed while it runs.

    Behaviours: `plain`, `norange`, `slow`, `truncating`, `resetting`, `lying` (about the length), `hanging`,
    `redirecting`, `says/TEXT` (a page that says so), and any status, as `503`; `flaky` gives 503 for the first
    `faults` requests, with a Retry-After of `retry_after`, then serves.
    """

    daemon_threads = True

    def __init__(self, folder: Path, handler: "type[Handler] | None" = None) -> None:
        super().__init__(("127.0.0.1", 0), handler or Handler)
        self.files = {path.stem: path for path in sorted(folder.iterdir())}
        self.seen: list[Seen] = []
        self.subtitles: dict[str, str] = {}  # by VIDEO.LANGUAGE
        self.limited: set[str] = set()  # videos whose media, not their pages, are answered with 429
        self.faults = 0
        self.retry_after = ""
        self.lock = threading.Lock()
        self.rate = 1 << 20  # bytes a second of `slow`

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that go away are part of the tests."""

    def shutdown_request(self, request: Any) -> None:
        """End a connection; one that is to be reset must not be ended in good order first."""
        is_open = request.fileno() >= 0  # TLS takes the descriptor over
        if is_open and request.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, len(_RESET)) == _RESET:
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def sections(self) -> list[Seen]:
        """Return the requests by which ffmpeg began a section."""
        return [seen for seen in self.seen if seen.opens_a_section]

    def bytes_sent(self) -> int:
        return sum(seen.sent[0] for seen in self.seen)


class Handler(BaseHTTPRequestHandler):
    server: MediaServer
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        """Note who asks for what, and answer."""
        headers = self.headers
        self.note = Seen(
            time.monotonic(),
            self.command,
            self.path,
            headers.get("Range", ""),
            "Icy-MetaData" in headers,  # it always asks for the titles of a radio
        )
        with self.server.lock:
            self.server.seen.append(self.note)
        self.close_connection = True
        self.answer()

    def answer(self) -> None:
        """Answer as the path's first part says."""
        parts = urlsplit(self.path)
        behaviour, _, rest = parts.path.lstrip("/").partition("/")
        if behaviour == "flaky" and self.has_a_fault():
            self.status(503, {"Retry-After": self.server.retry_after} if self.server.retry_after else {})
        elif re.fullmatch(r"[45]\d\d", behaviour):
            self.status(int(behaviour), {})
        elif behaviour == "says":
            self.page(f"<html><title>a page</title><p>{html.escape(rest)}</p></html>")
        elif rest == "watch":
            self._watch_page(behaviour, parse_qs(parts.query)["v"][0])
        elif rest == "feed":
            self._feed(behaviour)
        elif rest.endswith(".vtt"):
            self.page(self.server.subtitles[rest.removesuffix(".vtt")])
        elif behaviour == "redirecting":
            self.status(302, {"Location": f"/plain/{rest}"})
        elif behaviour == "hanging":
            time.sleep(30)
        else:
            self.media(behaviour, rest)

    def _watch_page(self, behaviour: str, video: str) -> None:
        path = self.server.files.get(video)
        source = f"/{behaviour}/{path.name if path else 'gone.mp4'}"
        tracks = "".join(
            f'<track kind="subtitles" srclang="{name.partition(".")[2]}" src="/{behaviour}/{name}.vtt">'
            for name in self.server.subtitles
            if name.partition(".")[0] == video
        )
        self.page(f'<html><title>t</title><video src="{source}">{tracks}</video></html>')

    def _feed(self, behaviour: str) -> None:
        """Serve a list of all videos, as sites do for channels and playlists."""
        links = "".join(
            f"<item><title>{name}</title><link>{self.server.address}/{behaviour}/watch?v={name}</link></item>"
            for name in self.server.files
        )
        self.page(f'<?xml version="1.0"?><rss version="2.0"><channel><title>f</title>{links}</channel></rss>')

    def has_a_fault(self) -> bool:
        with self.server.lock:
            self.server.faults -= 1
            return self.server.faults >= 0

    def media(self, behaviour: str, name: str) -> None:
        path = self.server.files.get(name.partition(".")[0])
        if path is None or path.stem in self.server.limited:
            self.status(429 if path else 404, {})
            return
        data = path.read_bytes()
        first, last = 0, len(data) - 1
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        ranged = asked is not None and behaviour != "norange"
        if asked and ranged:
            first, last = int(asked[1]), min(int(asked[2] or last), last)
        if first > last:
            self.status(416, {"Content-Range": f"bytes */{len(data)}"})
            return
        self.send_response(206 if ranged else 200)
        self.send_header("Content-Type", _TYPES.get(path.suffix, "application/octet-stream"))
        self.send_header("Content-Length", str(last - first + 1 + (100_000 if behaviour == "lying" else 0)))
        if behaviour != "norange":
            self.send_header("Accept-Ranges", "bytes")
        if ranged:
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
        self.end_headers()
        if self.command == "GET":
            self._send(behaviour, data, first, last + 1)

    def _send(self, behaviour: str, data: bytes, first: int, stop: int) -> None:
        limit = len(data) // 2 if behaviour in ("truncating", "resetting") else stop
        for begin in range(first, min(stop, limit), _BLOCK):
            block = data[begin : min(begin + _BLOCK, stop, limit)]
            self.wfile.write(block)
            self.note.sent[0] += len(block)
            if behaviour == "slow":
                time.sleep(len(block) / self.server.rate)
        if behaviour == "resetting":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)

    def page(self, text: str) -> None:
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def status(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""


@contextmanager
def serving(folder: Path) -> Iterator[MediaServer]:
    """Serve a folder until the block ends."""
    with running(MediaServer(folder)) as server:
        yield server
