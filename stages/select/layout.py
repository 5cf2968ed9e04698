"""Laying videos out in shards, and choosing some names of many by their hash."""

import heapq
from collections.abc import Iterable, Mapping

from audsem_data.core.keys import hash_fraction, sort_key


def pack_videos(counts: Mapping[str, int], partition: Mapping[str, int], shard_clips: int) -> dict[str, int]:
    """Return the partition with every counted video in it: old ones where they are, new ones in new shards.

    A new shard takes videos in the order of their ids until one more would make it hold more than `shard_clips`.
    """
    full = dict(partition)
    index = max(full.values(), default=-1)
    size: int | None = None  # no new shard yet
    for video in sorted(counts.keys() - full.keys(), key=sort_key):
        if size is None or (size and size + counts[video] > shard_clips):
            index, size = index + 1, 0
        full[video] = index
        size += counts[video]
    return full


class Smallest:
    """The `count` names of smallest hash among all that are added, each once; memory does not grow with them."""

    def __init__(self, count: int, salt: str) -> None:
        self._count, self._salt = count, salt
        self._best: dict[str, float] = {}

    def add(self, names: Iterable[str]) -> None:
        """Take more names into account."""
        for name in names:
            self._best[name] = hash_fraction(self._salt, name)
        if len(self._best) > self._count:
            self._best = dict(heapq.nsmallest(self._count, self._best.items(), key=lambda best: (best[1], best[0])))

    def names(self) -> set[str]:
        """Return them."""
        return set(self._best)
