"""Where a split is cut into files: decided from keys and audio sizes alone, before anything is written."""

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

from audsem_data.publish.splits import SPLITS

# What a row weighs besides its audio: question, thinking, descriptors and answer come to about this.
TEXT_BYTES = 2_048
_TRAIN_FILES = 8
_SMALLEST_TRAIN_FILE = 32_000_000


class RowRef(NamedTuple):
    """A row of a split: its key, its clip, and what it weighs in bytes."""

    key: str
    clip_id: str
    size: int


class Cut:
    """One file: for each workspace shard, which of the rows of its config and split it takes."""

    def __init__(self) -> None:
        self.ranges: dict[int, tuple[int, int]] = {}
        self.rows = self.bytes = 0
        self._keys = hashlib.sha256()

    @property
    def keys(self) -> str:
        """Return the `key_digest` of the rows."""
        return self._keys.hexdigest()[:32]

    def add(self, shard: int, position: int, row: RowRef) -> None:
        """Take the row at `position` among those of a shard; positions of a shard follow one another."""
        first, _ = self.ranges.get(shard, (position, position))
        self.ranges[shard] = (first, position + 1)
        self.rows += 1
        self.bytes += row.size
        self._keys.update(_line(row.key))


class Cutter:
    """Deals the rows of one config and split, as they come, into files of at most `limit` bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.cuts: list[Cut] = []

    def add(self, shard: int, position: int, row: RowRef) -> None:
        """Take a row into the open file, or into a new one where it no longer fits."""
        if not self.cuts or self.cuts[-1].bytes + row.size > self._limit:
            self.cuts.append(Cut())
        self.cuts[-1].add(shard, position, row)


def target_bytes(split: str, total: int, limit: int) -> int:
    """Return how many bytes a file of a split of `total` bytes may hold.

    `limit`, except that train is cut into eight files or more, so that as many readers can share it by
    file, as soon as each of the eight would hold 32 MB.
    """
    if split != SPLITS[0]:
        return limit
    return min(limit, max(total // _TRAIN_FILES, _SMALLEST_TRAIN_FILE))


def key_digest(keys: Iterable[str]) -> str:
    """Return a digest of the keys of a file's rows, in order: 32 hexadecimal digits."""
    return hashlib.sha256(b"".join(map(_line, keys))).hexdigest()[:32]


def _line(key: str) -> bytes:
    return key.encode() + b"\n"
