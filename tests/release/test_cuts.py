from collections.abc import Sequence

import pytest

from audsem_data.publish.cuts import Cut, Cutter, RowRef, file_count, key_digest

MB = 1_000_000


@pytest.mark.parametrize(
    ("split", "megabytes", "files"),
    [
        ("train", 1, 1),
        ("train", 63, 1),
        ("train", 100, 3),
        ("train", 256, 8),
        ("train", 3_000, 8),
        ("train", 3_201, 9),
        ("test", 256, 1),
        ("test", 401, 2),
    ],
)
def test_how_many_files(split: str, megabytes: int, files: int) -> None:
    assert file_count(split, megabytes * MB, 400 * MB) == files


def cut(sizes: Sequence[int], files: int) -> list[Cut]:
    """Cut rows of these sizes, five to a shard."""
    cutter = Cutter(sum(sizes), files)
    for place, size in enumerate(sizes):
        cutter.add(place // 5, place % 5, RowRef(f"row {place}", f"clip {place}", size))
    return cutter.cuts


def test_files_are_even_and_hold_every_row_once() -> None:
    cuts = cut([100] * 41, 4)
    assert [part.rows for part in cuts] == [11, 10, 10, 10]
    assert [part.ranges for part in cuts][:2] == [
        {0: (0, 5), 1: (0, 5), 2: (0, 1)},
        {2: (1, 5), 3: (0, 5), 4: (0, 1)},
    ]
    assert cuts[0].keys == key_digest(f"row {place}" for place in range(11))


def test_a_row_larger_than_a_file_leaves_no_empty_file() -> None:
    cuts = cut([1, 1, 10_000, 1, 1], 5)
    assert sum(part.rows for part in cuts) == 5
    assert all(part.rows for part in cuts)
