"""Taking items ahead of need, so that who works on one does not wait for who makes the next."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def ahead(items: Iterator[Item], depth: int) -> Iterator[Item]:
    """Yield the items in order, up to `depth` of them made ahead in a thread; 0 makes each when it is wanted.

    What making an item raises is raised where the item would have come.
    """
    if not depth:
        yield from items
        return
    end = object()
    with ThreadPoolExecutor(1) as maker:
        made: deque[Future[Item | object]] = deque()
        try:
            while True:
                while len(made) < depth:
                    made.append(maker.submit(next, items, end))
                item = made.popleft().result()
                if item is end:
                    return
                yield item  # type: ignore[misc]  # the sentinel has been told apart
        finally:
            for future in made:
                future.cancel()
