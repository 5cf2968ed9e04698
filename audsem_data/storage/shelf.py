"""Shelf: files that one stage leaves for the next, named by their content, given back once they are used.

For raw media that are too large for the spool's entries and of no worth once a later stage has cut them up. A file
appears whole or not at all, and survives a crash once `put` returns; what lies in `unsorted` is work in progress.
"""

import os
import shutil
from collections.abc import Collection
from pathlib import Path

from audsem_data.storage.digests import file_sha256
from audsem_data.storage.location import storage_errors, sync

_UNSORTED = "unsorted"


class Shelf:
    """The files of one shard; one writer, any number of readers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def unsorted(self) -> Path:
        """Return an empty folder to make files in; what an earlier call left in it is deleted."""
        folder = self._folder / _UNSORTED
        with storage_errors(folder):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        return folder

    def put(self, made: Path) -> str:
        """Move a file onto the shelf, durably; returns its name, the SHA-256 of its bytes and its suffix."""
        name = file_sha256(made) + made.suffix
        with storage_errors(self._folder):
            sync(made)
            os.replace(made, self._folder / name)  # noqa: PTH105  (named as the crash drill intercepts it)
            sync(self._folder)
        return name

    def path(self, name: str) -> Path:
        """Return where a file is, or was before it was given back."""
        return self._folder / name

    def give_back(self, names: Collection[str]) -> int:
        """Delete files; returns how many bytes that frees."""
        freed = 0
        for name in names:
            path = self._folder / name
            if path.is_file():
                freed += path.stat().st_size
                path.unlink()
        return freed

    def spooled(self) -> list[str]:
        """Return the spool's segments, which lie in the same folder."""
        return [path.name for path in self._folder.glob("*.seg")]

    def size(self) -> int:
        """Return how many bytes the files hold."""
        return sum(path.stat().st_size for path in self._folder.glob("*.*") if path.suffix != ".seg")
