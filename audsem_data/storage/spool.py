"""The spool of a shard: append-only segments that keep paid-for work from being paid for twice.

An entry is `magic, length of payload (u32), CRC-32 of key and payload (u32), key (32 bytes), payload`, little
endian. Each writer appends to a new segment of its own, so nothing that another process wrote is ever
touched; a torn or damaged tail ends the reading of its segment. Keys are SHA-256 of content: what was asked,
never when or in which run.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from audsem_data.storage.location import storage_errors

_HEAD = struct.Struct("<4sII32s")
_MAGIC = b"ASPL"


class Spool:
    """Finished work by content key; `with Spool(folder) as spool:` reads what is there, then appends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._entries: dict[bytes, tuple[Path, int, int]] = {}
        self._writing: tuple[Path, BinaryIO] | None = None
        for segment in sorted(folder.glob("*.seg")):
            for key, offset, length in _scan(segment):
                self._entries[key] = (segment, offset, length)

    def get(self, key: bytes) -> bytes | None:
        """Return what was kept under a key, or None."""
        found = self._entries.get(key)
        if found is None:
            return None
        segment, offset, length = found
        with segment.open("rb") as stream:
            stream.seek(offset)
            return stream.read(length)

    def payloads(self) -> Iterator[bytes]:
        """Yield everything that was kept, in the order in which it was."""
        for key in self._entries:
            if (payload := self.get(key)) is not None:
                yield payload

    def put(self, key: bytes, payload: bytes) -> None:
        """Append an entry; once this returns, killing the process does not lose it."""
        with storage_errors(self._folder):
            segment, stream = self._writer()
            start = stream.tell()
            stream.write(_HEAD.pack(_MAGIC, len(payload), _crc(key, payload), key) + payload)
            stream.flush()
        self._entries[key] = (segment, start + _HEAD.size, len(payload))

    def sync(self) -> None:
        """Make what was appended survive a crash of the machine too."""
        if self._writing:
            with storage_errors(self._folder):
                os.fsync(self._writing[1].fileno())

    def _writer(self) -> tuple[Path, BinaryIO]:
        if self._writing is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            number = len(list(self._folder.glob("*.seg")))
            segment = self._folder / f"{number:05d}-{os.getpid()}.seg"
            self._writing = (segment, segment.open("xb"))
        return self._writing

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writing:
            self.sync()
            self._writing[1].close()


def _crc(key: bytes, payload: bytes) -> int:
    return zlib.crc32(payload, zlib.crc32(key))


def _scan(segment: Path) -> Iterator[tuple[bytes, int, int]]:
    """Yield (key, offset, length) of the sound entries; stops at the first that is not."""
    with segment.open("rb") as stream:
        while len(head := stream.read(_HEAD.size)) == _HEAD.size:
            magic, length, crc, key = _HEAD.unpack(head)
            offset = stream.tell()
            payload = stream.read(length) if magic == _MAGIC else b""
            if magic != _MAGIC or len(payload) != length or _crc(key, payload) != crc:
                return
            yield key, offset, length
