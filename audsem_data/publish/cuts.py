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
    """Deals the rows of one config and split, as they come, into files of even size.

    Args:
        total: bytes of all rows together.
        files: how many files there are to be; fewer where single rows are larger than a file.
    """

    def __init__(self, total: int, files: int) -> None:
        self._total, self._files = total, files
        self._dealt, self._open = 0, -1
        self.cuts: list[Cut] = []

    def add(self, shard: int, position: int, row: RowRef) -> None:
        """Take a row into the file on whose share of the bytes it begins."""
        share = self._dealt * self._files // self._total
        if share > self._open:
            self._open = share
            self.cuts.append(Cut())
        self.cuts[-1].add(shard, position, row)
        self._dealt += row.size


def file_count(split: str, total: int, limit: int) -> int:
    """Return into how many files of about `limit` bytes at most a split of `total` bytes is cut.

    Train gets eight at least, so that as many readers can share it by file, but not for the price of files
    below 32 MB.
    """
    files = -(-total // limit)
    return max(files, min(_TRAIN_FILES, total // _SMALLEST_TRAIN_FILE)) if split == SPLITS[0] else files


def key_digest(keys: Iterable[str]) -> str:
    """Return a digest of the keys of a file's rows, in order: 32 hexadecimal digits."""
    return hashlib.sha256(b"".join(map(_line, keys))).hexdigest()[:32]


def _line(key: str) -> bytes:
    return key.encode() + b"\n"
