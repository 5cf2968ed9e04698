"""Prefetching: items are made in a thread while earlier ones are worked on, within a bound of memory."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

Item = TypeVar("Item")


def prefetch(items: Iterator[Item], size: Callable[[Item], int], most: int) -> Iterator[Item]:
    """Yield the items in order, made ahead in a thread until those that wait take `most` bytes; 0 makes none ahead.

    An item larger than the bound waits alone. What making an item raises is raised where it would have come.

    Args:
        items: made one after another, never two at a time.
        size: bytes of an item.
        most: bytes that may wait.
    """
    if not most:
        yield from items
        return
    buffer = Buffer(size, most)
    with ThreadPoolExecutor(1) as maker:
        filled = maker.submit(buffer.fill, items)
        try:
            yield from buffer.drain()
            filled.result()
        finally:
            buffer.close()


class Buffer(Generic[Item]):
    """Items that one thread puts and another drains, within a bound of bytes."""

    def __init__(self, size: Callable[[Item], int], most: int) -> None:
        self._size, self._most, self._held = size, most, 0
        self._waiting: deque[Item] = deque()
        self._changed = threading.Condition()
        self._closed = self._ended = False

    @property
    def closed(self) -> bool:
        """Whether items were given up."""
        return self._closed

    def fill(self, items: Iterator[Item]) -> None:
        """Make items until they end, one raises, or `close`."""
        try:
            for item in items:
                if not self.put(item):
                    return
        finally:
            self.end()

    def end(self) -> None:
        """Say that no more items come."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def drain(self) -> Iterator[Item]:
        """Yield items as they are made."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._ended)
                if not self._waiting:
                    return
                item = self._waiting.popleft()
                self._held -= self._size(item)
                self._changed.notify_all()
            yield item

    def close(self) -> None:
        """Take no more items, and forget those that wait."""
        with self._changed:
            self._closed = self._ended = True
            self._waiting.clear()
            self._changed.notify_all()

    def put(self, item: Item) -> bool:
        """Add an item, once there is room; return False, without adding it, after `close`."""
        size = self._size(item)
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting or self._held + size <= self._most or self._closed)
            if self._closed:
                return False
            self._waiting.append(item)
            self._held += size
            self._changed.notify_all()
            return True
