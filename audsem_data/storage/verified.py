"""Digests of files that were read once, by how the files look from outside: none is read again while it stands.

A file is told by device, inode, size and the times of its last change, which no write leaves as they were. What a
disk alters by itself shows to whoever reads every byte (`status --verify`), not here.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from audsem_data.storage.digests import file_sha256
from audsem_data.storage.location import LocalLocation

NAME = "logs/verified.json"


class Verified:
    """Digests of a workspace's files, taken by one user or another; `save` keeps those that this one asked for."""

    def __init__(self, root: Path, user: str) -> None:
        self._location, self._user = LocalLocation(root), user
        kept = self._read()
        self._mine, self._known = kept.get(user, {}), {k: v for each in kept.values() for k, v in each.items()}
        self._asked: dict[str, str] = {}

    def sha256(self, path: Path) -> str:
        """Return the SHA-256 of a file, read only where it is not the file that was read before."""
        stamp = _stamp(path)
        if stamp not in self._asked:
            self._asked[stamp] = self._known.get(stamp) or file_sha256(path)
        return self._asked[stamp]

    def save(self) -> None:
        """Keep the digests that were asked for."""
        if self._asked != self._mine:
            value = {**self._read(), self._user: self._asked}
            self._location.put(NAME, json.dumps(value, indent=0, sort_keys=True).encode())
            self._mine = dict(self._asked)

    def _read(self) -> dict[str, Mapping[str, str]]:
        try:
            return dict(json.loads(self._location.read(NAME)))
        except (FileNotFoundError, ValueError, TypeError):
            return {}  # the files are read again


def _stamp(path: Path) -> str:
    status = path.stat()
    return f"{status.st_dev}-{status.st_ino}-{status.st_size}-{status.st_mtime_ns}-{status.st_ctime_ns}"
