"""What is made ahead comes in order, no further ahead than allowed, and its errors come in their place."""

import threading
from collections.abc import Iterator

import pytest

from audsem_data.runtime.ahead import ahead


def numbers(made: list[int], upto: int) -> Iterator[int]:
    for number in range(upto):
        made.append(number)
        yield number


@pytest.mark.parametrize("depth", [0, 1, 3, 50])
def test_items_come_in_order(depth: int) -> None:
    assert list(ahead(numbers([], 20), depth)) == list(range(20))


def test_no_more_is_made_ahead_than_allowed() -> None:
    made: list[int] = []
    items = ahead(numbers(made, 100), 5)
    assert next(items) == 0
    items.close()  # type: ignore[attr-defined]
    assert len(made) <= 6
    assert threading.active_count() == 1


def test_the_next_item_is_made_while_one_is_worked_on() -> None:
    second = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        second.set()
        yield 2

    taken = ahead(items(), 2)
    assert next(taken) == 1
    assert second.wait(10)  # nobody has asked for it yet
    assert list(taken) == [2]


def test_an_error_comes_where_its_item_would_have() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("torn")

    taken = ahead(items(), 8)
    assert next(taken) == 1
    with pytest.raises(ValueError, match="torn"):
        next(taken)
