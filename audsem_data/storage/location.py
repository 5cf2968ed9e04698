"""Where a workspace lives: the few operations on names that object storage could implement as well.

A name is a relative path with forward slashes. What `put` and `publish` write appears whole or not at all,
and survives a crash of the machine once they return: temporary file, fsync, rename, fsync of the folder.
"""

import errno
import itertools
import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from audsem_data.core.errors import StorageError

TEMPORARY = ".tmp-"
_serial = itertools.count()


class Location(Protocol):
    """A place that holds named files."""

    def sizes(self, folder: str) -> Mapping[str, int]:
        """Return the files directly in a folder, with their sizes in bytes; empty when there is no folder."""
        ...

    def read(self, name: str) -> bytes:
        """Return a file's bytes; raises FileNotFoundError."""
        ...

    def local(self, name: str) -> Path:
        """Return a path under which the file can be opened on this machine."""
        ...

    def scratch(self, folder: str) -> Path:
        """Return a fresh path for a file that is written now and published later."""
        ...

    def publish(self, scratch: Path, name: str) -> None:
        """Make a written scratch file appear under a name, durably."""
        ...

    def put(self, name: str, data: bytes) -> None:
        """Write a small file, replacing an earlier one, durably."""
        ...

    def delete(self, name: str) -> None:
        """Remove a file; no error when it is not there."""
        ...


class LocalLocation:
    """A folder on a disk."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._prefix = f"{root}/"  # joined as text: thousands of records are read to say that nothing is to do

    def sizes(self, folder: str) -> Mapping[str, int]:
        """Return the files directly in a folder, with their sizes in bytes."""
        try:
            with os.scandir(self.root / folder) as entries:
                return {e.name: e.stat().st_size for e in entries if e.is_file(follow_symlinks=False)}
        except FileNotFoundError:
            return {}

    def read(self, name: str) -> bytes:
        """Return a file's bytes."""
        with open(self._prefix + name, "rb") as stream:  # noqa: PTH123  (see above)
            return stream.read()

    def local(self, name: str) -> Path:
        """Return the path of a name."""
        return self.root / name

    def scratch(self, folder: str) -> Path:
        """Return a fresh path in the folder, so that publishing is a rename on one file system."""
        with storage_errors(self.root / folder):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        return self.root / folder / f"{TEMPORARY}{socket.gethostname()}-{os.getpid()}-{next(_serial)}"

    def publish(self, scratch: Path, name: str) -> None:
        """Flush the file to disk, rename it and flush the folder."""
        final = self.root / name
        with storage_errors(final):
            sync(scratch)
            os.replace(scratch, final)  # noqa: PTH105  (named as the crash drill intercepts it)
            sync(final.parent)

    def put(self, name: str, data: bytes) -> None:
        """Write a small file durably."""
        folder = name.rpartition("/")[0]
        scratch = self.scratch(folder)
        with storage_errors(scratch):
            scratch.write_bytes(data)
        self.publish(scratch, name)

    def delete(self, name: str) -> None:
        """Remove a file if it is there."""
        with storage_errors(self.root / name):
            (self.root / name).unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Make what was written to a file, or into a folder, survive a crash of the machine."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def is_abandoned(scratch: Path) -> bool:
    """Say whether a scratch file's writer is gone; of another machine's writer, whether it is a day old."""
    host, pid, _ = scratch.name.removeprefix(TEMPORARY).rsplit("-", 2)
    try:
        if host != socket.gethostname():
            return time.time() - scratch.stat().st_mtime > _DAY
        os.kill(int(pid), 0)
    except (ProcessLookupError, FileNotFoundError):
        return True
    except PermissionError:
        return False  # it lives, as another user
    return False


_DAY = 86400.0
_ADVICE = {
    errno.ENOSPC: "the disk is full; free some space (`audsem-data clean` gives back intermediates)",
    errno.EDQUOT: "your disk quota is used up; free some space",
    errno.EROFS: "the file system is read-only; choose another folder",
    errno.EACCES: "no permission to write; choose another folder",
    errno.EPERM: "no permission to write; choose another folder",
    errno.ENOTDIR: "a file stands where a folder should be; choose another folder",
    errno.EEXIST: "a file stands where a folder should be; choose another folder",
    errno.ENAMETOOLONG: "the path is too long; choose another folder",
    errno.EIO: "the disk reports an input/output error",
}


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn what a disk says (full, read-only, failing) into a StorageError that says what to do."""
    try:
        yield
    except OSError as error:
        advice = _ADVICE.get(error.errno or 0)
        if advice is None:
            raise
        raise StorageError(
            f"cannot write {path}: {advice}. What was committed is safe; run the same command again"
        ) from error
