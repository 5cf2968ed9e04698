"""A Hub on loopback that speaks the protocol of huggingface_hub and datasets.

Faults are drawn by `fault(method, path)`: a status with headers, `drop` (the request is never seen) or `lost` (it
is carried out, and its answer never arrives). Xet, quotas and the viewer are not here.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote

from loopback import running

from .hub_store import SMALL, MovedError, Repo, Store

TOKEN = "hf_test"
Fault = tuple[int, dict[str, str]] | str | None
_REPO = r"([\w.-]+/[\w.-]+)"


class HubServer(ThreadingHTTPServer):
    """Serves a store; counts requests by method and kind, and bytes that were sent to it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.store = Store()
        self.fault: Callable[[str, str], Fault] = lambda method, path: None
        self.counts: Counter[str] = Counter()
        self.sent = 0

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that went away; they are killed here."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def repo(self, name: str) -> Repo:
        return self.store.repos[name]


Answer = tuple[int, Any, dict[str, str]]


class _Handler(BaseHTTPRequestHandler):
    server: HubServer
    protocol_version = "HTTP/1.1"

    def _handle(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length) if length else self._chunks()
        path = unquote(self.path.partition("?")[0])
        fault = self.server.fault(self.command, path)
        if fault == "drop":
            self.close_connection = True
            return
        if isinstance(fault, tuple):
            self._say(fault[0], {"error": "not now"}, fault[1])
            return
        with self.server.store.lock:
            status, value, headers = self._route(path, body)
        if fault == "lost":
            self.close_connection = True
            return
        self._say(status, value, headers)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _handle  # noqa: N815  (the base class names them)

    def _chunks(self) -> bytes:
        if self.headers.get("transfer-encoding") != "chunked":
            return b""
        found = b""
        while size := int(self.rfile.readline(), 16):
            found += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return found

    def _route(self, path: str, body: bytes) -> Answer:
        for method, pattern, act in _ROUTES:
            found = re.fullmatch(pattern, path)
            if found and self.command in method.split():
                self.server.counts[f"{self.command} {act.__name__}"] += 1
                if "known" in _NEEDS.get(act.__name__, "known") and found.groups():
                    repo = self.server.store.repos.get(found[1])
                    if repo is None or (repo.private and not self._trusted()):
                        return 404, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"}
                if self.command not in ("GET", "HEAD") and not self._trusted() and act is not _put_object:
                    return 401, {"error": "who are you?"}, {}
                return act(self, *found.groups(), body=body)
        return 404, {"error": f"no such page: {self.command} {path}"}, {}

    def _trusted(self) -> bool:
        return self.headers.get("authorization") == f"Bearer {TOKEN}"

    def _say(self, status: int, value: Any, headers: Mapping[str, str]) -> None:
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        kind = "application/octet-stream" if isinstance(value, bytes) else "application/json"
        self.send_response(status)
        for name, said in {"content-length": str(len(data)), "content-type": kind, **headers}.items():
            self.send_header(name, said)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


def _whoami(self: _Handler, body: bytes) -> Answer:
    if not self._trusted():
        return 401, {"error": "Invalid credentials"}, {}
    return 200, {"type": "user", "name": "tester", "orgs": [], "auth": {"accessToken": {"role": "write"}}}, {}


def _create(self: _Handler, body: bytes) -> Answer:
    wanted = json.loads(body)
    owner = wanted.get("organization") or "tester"
    name = f"{owner}/{wanted['name']}"
    url = f"{self.server.address}/datasets/{name}"
    if name in self.server.store.repos:
        return 409, {"error": "You already created this dataset repo", "url": url}, {}
    private = wanted.get("private") or wanted.get("visibility") == "private"
    self.server.store.repos[name] = Repo(private=bool(private))
    return 200, {"url": url, "name": name, "id": name}, {}


def _yaml(self: _Handler, body: bytes) -> Answer:
    return 200, {"errors": [], "warnings": []}, {}


def _preupload(self: _Handler, name: str, revision: str, body: bytes) -> Answer:
    repo = self.server.repo(name)
    commit = repo.resolve(revision)
    tree = repo.commits[commit] if commit else {}
    files = []
    for file in json.loads(body)["files"]:
        large = file["path"].endswith(".parquet") or file["size"] > SMALL
        held = tree.get(file["path"])
        oid = held and (held.sha256 if held.large else held.blob)
        mode = "lfs" if large else "regular"
        files.append({"path": file["path"], "uploadMode": mode, "shouldIgnore": False, "oid": oid})
    return 200, {"files": files}, {}


def _batch(self: _Handler, name: str, body: bytes) -> Answer:
    objects = []
    for one in json.loads(body)["objects"]:
        href = f"{self.server.address}/objects/{one['oid']}"
        known = one["oid"] in self.server.store.objects
        objects.append({**one, **({} if known else {"actions": {"upload": {"href": href}}})})
    return 200, {"transfer": "basic", "objects": objects}, {}


def _put_object(self: _Handler, oid: str, body: bytes) -> Answer:
    self.server.store.objects[oid] = body
    self.server.sent += len(body)
    return 200, {}, {}


def _commit(self: _Handler, name: str, branch: str, body: bytes) -> Answer:
    header, *operations = [json.loads(line) for line in body.splitlines()]
    try:
        oid = self.server.store.commit(name, branch, operations, header["value"].get("parentCommit"))
    except MovedError:
        return 412, {"error": "A commit has happened since. Please refresh and try again."}, {}
    url = f"{self.server.address}/datasets/{name}/commit/{oid}"
    return 200, {"success": True, "commitOid": oid, "commitUrl": url, "hookOutput": ""}, {}


def _info(self: _Handler, name: str, revision: str | None, body: bytes) -> Answer:
    repo = self.server.repo(name)
    commit = repo.resolve(revision or "main")
    if commit is None:
        return 404, {"error": "no such revision"}, {"X-Error-Code": "RevisionNotFound"}
    siblings = [{"rfilename": path} for path in repo.commits[commit]]
    about = {"id": name, "sha": commit, "siblings": siblings, "private": repo.private, "gated": repo.gated}
    return 200, {**about, "tags": [], "lastModified": "2026-01-01T00:00:00.000Z"}, {}


def _tree(self: _Handler, name: str, revision: str, under: str | None, body: bytes) -> Answer:
    repo = self.server.repo(name)
    commit = repo.resolve(revision)
    if commit is None:
        return 404, {"error": "no such revision"}, {"X-Error-Code": "RevisionNotFound"}
    prefix = f"{under.strip('/')}/" if under and under.strip("/") else ""
    tree = repo.commits[commit]
    if prefix and not any(path.startswith(prefix) for path in tree):
        return 404, {"error": "no such entry"}, {"X-Error-Code": "EntryNotFound"}
    listed = [file.described(path) for path, file in sorted(tree.items()) if path.startswith(prefix)]
    if "recursive=true" not in self.path.lower():
        folders = {path[len(prefix) :].partition("/")[0] for path in tree if "/" in path[len(prefix) :]}
        listed = [one for one in listed if "/" not in one["path"][len(prefix) :]]
        listed += [{"type": "directory", "path": prefix + one, "oid": "0" * 40} for one in sorted(folders)]
    return 200, listed, {}


def _paths(self: _Handler, name: str, revision: str, body: bytes) -> Answer:
    repo = self.server.repo(name)
    commit = repo.resolve(revision)
    if commit is None:
        return 404, {"error": "no such revision"}, {"X-Error-Code": "RevisionNotFound"}
    wanted, tree = parse_qs(body.decode()).get("paths", []), repo.commits[commit]
    return 200, [tree[path].described(path) for path in wanted if path in tree], {}


def _refs(self: _Handler, name: str, body: bytes) -> Answer:
    repo = self.server.repo(name)

    def listed(kind: str, names: Mapping[str, str]) -> list[dict[str, str]]:
        return [{"name": n, "ref": f"refs/{kind}/{n}", "targetCommit": oid} for n, oid in names.items()]

    return 200, {"branches": listed("heads", repo.branches), "tags": listed("tags", repo.tags), "converts": []}, {}


def _branch(self: _Handler, name: str, branch: str, body: bytes) -> Answer:
    repo = self.server.repo(name)
    if self.command == "DELETE":
        return (200, {}, {}) if repo.branches.pop(branch, None) else (404, {"error": "no such branch"}, {})
    if branch in repo.branches:
        return 409, {"error": "Reference already exists"}, {}
    start = json.loads(body or b"{}").get("startingPoint")
    repo.branches[branch] = repo.resolve(start or "main") or repo.branches["main"]
    return 200, {}, {}


def _tag(self: _Handler, name: str, revision: str, body: bytes) -> Answer:
    repo, tag = self.server.repo(name), json.loads(body)["tag"]
    if tag in repo.tags:
        return 409, {"error": "Tag reference exists already"}, {}
    repo.tags[tag] = repo.resolve(revision) or ""
    return 200, {}, {}


def _settings(self: _Handler, name: str, body: bytes) -> Answer:
    repo, wanted = self.server.repo(name), json.loads(body)
    repo.gated = wanted.get("gated", repo.gated)
    if "visibility" in wanted or "private" in wanted:
        repo.private = wanted.get("private", wanted.get("visibility") == "private")
    return 200, {}, {}


def _file(self: _Handler, name: str, revision: str, path: str, body: bytes) -> Answer:
    repo = self.server.repo(name)
    commit = repo.resolve(revision)
    if commit is None:
        return 404, {"error": "no such revision"}, {"X-Error-Code": "RevisionNotFound"}
    if path not in repo.commits[commit]:
        return 404, {"error": "no such entry"}, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": commit}
    file = repo.commits[commit][path]
    headers = {
        "X-Repo-Commit": commit,
        "ETag": f'"{file.sha256 if file.large else file.blob}"',
        "Accept-Ranges": "bytes",
    }
    if file.large:
        headers |= {"X-Linked-Etag": f'"{file.sha256}"', "X-Linked-Size": str(len(file.data))}
    if asked := re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("range", "")):
        size = len(file.data)
        first = int(asked[1]) if asked[1] else size - int(asked[2])
        last = min(int(asked[2]), size - 1) if asked[1] and asked[2] else size - 1
        return 206, file.data[first : last + 1], {**headers, "Content-Range": f"bytes {first}-{last}/{size}"}
    return 200, file.data, headers


_NEEDS = {"_put_object": "", "_file": "known"}
_ROUTES: list[tuple[str, str, Callable[..., Answer]]] = [
    ("GET", r"/api/whoami-v2", _whoami),
    ("POST", r"/api/repos/create", _create),
    ("POST", r"/api/validate-yaml", _yaml),
    ("POST", rf"/api/datasets/{_REPO}/preupload/(.+)", _preupload),
    ("POST", rf"/datasets/{_REPO}\.git/info/lfs/objects/batch", _batch),
    ("PUT", r"/objects/(\w+)", _put_object),
    ("POST", rf"/api/datasets/{_REPO}/commit/(.+)", _commit),
    ("GET", rf"/api/datasets/{_REPO}(?:/revision/(.+))?", _info),
    ("GET", rf"/api/datasets/{_REPO}/tree/([^/]+)(/.*)?", _tree),
    ("POST", rf"/api/datasets/{_REPO}/paths-info/(.+)", _paths),
    ("GET", rf"/api/datasets/{_REPO}/refs", _refs),
    ("POST DELETE", rf"/api/datasets/{_REPO}/branch/(.+)", _branch),
    ("POST", rf"/api/datasets/{_REPO}/tag/(.+)", _tag),
    ("PUT", rf"/api/datasets/{_REPO}/settings", _settings),
    ("GET HEAD", rf"/datasets/{_REPO}/resolve/([^/]+)/(.+)", _file),
]


@contextmanager
def hub_server() -> Iterator[HubServer]:
    """Give a running Hub."""
    with running(HubServer()) as server:
        yield server
