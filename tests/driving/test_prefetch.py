"""What is prefetched comes in order, within its bound of memory, and its errors come in their place."""

import threading
from collections.abc import Iterator

import pytest

from audsem_data.runtime.prefetch import prefetch


def numbers(made: list[int], upto: int) -> Iterator[int]:
    for number in range(upto):
        made.append(number)
        yield number


@pytest.mark.parametrize("most", [0, 1, 30, 500])
def test_items_come_in_order(most: int) -> None:
    assert list(prefetch(numbers([], 20), lambda _: 10, most)) == list(range(20))


def test_no_more_bytes_wait_than_allowed() -> None:
    made: list[int] = []
    threads = set(threading.enumerate())
    items = prefetch(numbers(made, 100), lambda _: 10, 50)
    assert next(items) == 0
    items.close()  # type: ignore[attr-defined]
    assert len(made) <= 7  # one taken, five that wait, one in the making
    assert set(threading.enumerate()) <= threads


def test_an_item_larger_than_the_bound_waits_alone() -> None:
    made: list[int] = []
    items = prefetch(numbers(made, 9), lambda _: 1000, 50)
    assert next(items) == 0
    items.close()  # type: ignore[attr-defined]
    assert len(made) <= 3
    assert list(prefetch(numbers([], 9), lambda _: 1000, 50)) == list(range(9))


def test_the_next_item_is_made_while_one_is_worked_on() -> None:
    second = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        second.set()
        yield 2

    taken = prefetch(items(), lambda _: 1, 2)
    assert next(taken) == 1
    assert second.wait(10)  # nobody has asked for it yet
    assert list(taken) == [2]


def test_an_error_comes_where_its_item_would_have() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("torn")

    taken = prefetch(items(), lambda _: 1, 8)
    assert next(taken) == 1
    with pytest.raises(ValueError, match="torn"):
        next(taken)
