"""What a Hub keeps: repositories with commits, branches and tags, and large files apart; in memory."""

import hashlib
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

SMALL = 1_000_000  # bytes up to which a file that is not Parquet is kept in git


class MovedError(Exception):
    """The branch is not where the client thought."""


@dataclass(frozen=True)
class File:
    """A file of a commit: its content, and whether it is kept apart."""

    data: bytes
    large: bool

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @property
    def blob(self) -> str:
        """What git calls it; of a large file, its pointer."""
        data = self.data
        if self.large:
            pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n"
            data = pointer.format(self.sha256, len(self.data)).encode()
        return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()

    def described(self, path: str) -> dict[str, Any]:
        """Return the file as the API lists it."""
        about: dict[str, Any] = {"type": "file", "path": path, "size": len(self.data), "oid": self.blob}
        if self.large:
            about["lfs"] = {"oid": self.sha256, "size": len(self.data), "pointerSize": 134}
        return about


Tree = Mapping[str, File]


@dataclass
class Repo:
    """A repository; commits are trees by name, in order."""

    private: bool = True
    gated: str | bool = False
    commits: dict[str, Tree] = field(default_factory=lambda: {"0" * 40: {}})
    branches: dict[str, str] = field(default_factory=lambda: {"main": "0" * 40})
    tags: dict[str, str] = field(default_factory=dict)
    history: list[str] = field(default_factory=lambda: ["0" * 40])  # of main

    def resolve(self, revision: str) -> str | None:
        """Return the commit of a branch, tag or commit."""
        found = self.branches.get(revision) or self.tags.get(revision) or revision
        return found if found in self.commits else None


class Store:
    """Repositories by name, and large files by SHA-256; one change at a time."""

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.objects: dict[str, bytes] = {}
        self.lock = threading.RLock()

    def commit(self, name: str, branch: str, operations: Iterable[Mapping[str, Any]], parent: str | None) -> str:
        """Add a commit to a branch; raises MovedError, and KeyError for a large file that was never sent."""
        import base64

        repo = self.repos[name]
        if parent is not None and repo.branches[branch] != parent:
            raise MovedError
        tree = dict(repo.commits[repo.branches[branch]])
        for operation in operations:
            value = operation["value"]
            match operation["key"]:
                case "file":
                    tree[value["path"]] = File(base64.b64decode(value["content"]), large=False)
                case "lfsFile":
                    tree[value["path"]] = File(self.objects[value["oid"]], large=True)
                case "deletedFile":
                    tree.pop(value["path"])
        before = repo.branches[branch]
        named = "".join(f"{path}\0{file.sha256}\n" for path, file in sorted(tree.items()))
        oid = hashlib.sha1(f"{before}\n{named}".encode(), usedforsecurity=False).hexdigest()
        repo.commits[oid] = tree
        repo.branches[branch] = oid
        if branch == "main":
            repo.history.append(oid)
        return oid
