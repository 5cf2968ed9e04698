"""A Hub of one repository on loopback: what huggingface_hub asks to list and download a model's files."""

import hashlib
import json
import re
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Hub(ThreadingHTTPServer):
    """Serves commits of repositories; `commits` maps a commit to its files, the last one is `main`."""

    def __init__(self, repository: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.repository = repository
        self.commits: dict[str, Mapping[str, bytes]] = {}
        self.asked: list[str] = []
        self.sent = 0  # files whose content went out

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def commit(self, files: Mapping[str, bytes]) -> str:
        """Add a commit and return its name."""
        name = hashlib.sha1(json.dumps(sorted(files)).encode() + b"".join(files.values())).hexdigest()
        self.commits[name] = files
        return name


class _Handler(BaseHTTPRequestHandler):
    server: Hub

    def do_HEAD(self) -> None:
        self.do_GET(body=False)

    def do_GET(self, body: bool = True) -> None:
        path = self.path.partition("?")[0]
        self.server.asked.append(path)
        name = re.escape(self.server.repository)
        if match := re.fullmatch(rf"/api/models/{name}(?:/revision/([^/]+))?", path):
            self._described(match[1])
        elif match := re.fullmatch(rf"/api/models/{name}/tree/([^/]+)(?:/.*)?", path):
            self._tree(match[1])
        elif match := re.fullmatch(rf"/{name}/resolve/([^/]+)/(.+)", path):
            self._file(match[1], match[2], body)
        else:
            self._answer(404, b"{}", {"X-Error-Code": "RepoNotFound"})

    def _revision(self, named: str | None) -> str | None:
        wanted = list(self.server.commits)[-1] if named in (None, "main") else named
        return wanted if wanted in self.server.commits else None

    def _described(self, named: str | None) -> None:
        commit = self._revision(named)
        if commit is None:
            self._answer(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
            return
        siblings = [{"rfilename": path} for path in self.server.commits[commit]]
        about = {"id": self.server.repository, "sha": commit, "siblings": siblings, "private": False, "tags": []}
        self._answer(200, json.dumps(about).encode(), {"Content-Type": "application/json"})

    def _tree(self, named: str) -> None:
        files = self.server.commits[self._revision(named) or ""]
        listed = [
            {"type": "file", "path": path, "size": len(data), "oid": hashlib.sha1(data).hexdigest()}
            for path, data in files.items()
        ]
        self._answer(200, json.dumps(listed).encode(), {"Content-Type": "application/json"})

    def _file(self, named: str, path: str, body: bool) -> None:
        commit = self._revision(named)
        data = self.server.commits[commit].get(path) if commit else None
        if data is None:
            self._answer(404, b"", {"X-Error-Code": "EntryNotFound"})
            return
        self.server.sent += body
        headers = {"ETag": f'"{hashlib.sha1(data).hexdigest()}"', "X-Repo-Commit": commit or ""}
        self._answer(200, data, headers, body)

    def _answer(self, status: int, data: bytes, headers: Mapping[str, str], body: bool = True) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        if body and self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""
