"""Stages that use up what others shelve: shard by shard, fetching ahead of cutting, judged by all shards."""

import pytest

from audsem_data.core.errors import ToleranceError

from .conftest import Toys

GROUP = ("toy-fetch", "toy-cut")


def six_shards(toys: Toys, first: int) -> None:
    for number, name in enumerate("abcdef"):
        toys.put(name, first if number == 0 else 100 + number)
    toys.run("toy-count")
    toys.calls("count")


@pytest.mark.parametrize("workers", [0, 2])
def test_a_bad_first_shard_does_not_stop_the_others(toys: Toys, workers: int) -> None:
    six_shards(toys, -1)
    fetched, cut = toys.run_together(*GROUP, workers=workers)
    assert fetched.counts == {"done": 5, "failed_permanent:negative": 1}
    assert [row["read"] for row in toys.rows("toy-cut")] == [None, 101, 102, 103, 104, 105]
    assert (fetched.worked, cut.worked) == (6, 6)
    assert not list(toys.root.rglob("*.mkv")), "what was cut is given back"
    assert [summary.worked for summary in toys.run_together(*GROUP)] == [0, 0]


def test_all_that_fails_is_still_an_error(toys: Toys) -> None:
    for name in "ab":
        toys.put(name, -1, -2)
    toys.run("toy-count")
    with pytest.raises(ToleranceError, match="4 of 4 rows failed"):
        toys.run_together(*GROUP)


def test_fetching_goes_on_while_a_shard_is_cut_and_no_further_than_allowed(toys: Toys) -> None:
    six_shards(toys, 100)
    toys.run_together(*GROUP, workers=2)  # what cuts the first waits until the third is fetched
    assert [row["read"] for row in toys.rows("toy-cut")] == [100, 101, 102, 103, 104, 105]
    lying, most = 0, 0
    for line in toys.calls_file.read_text().splitlines():
        lying += {"fetch": 1, "cut": -1}.get(line.split()[0], 0)
        most = max(most, lying)
    assert most <= 3


def test_a_shard_is_cut_before_the_next_is_fetched_where_there_is_one_worker(toys: Toys) -> None:
    six_shards(toys, 1)
    toys.run_together(*GROUP)
    lines = [line.split() for line in toys.calls_file.read_text().splitlines()]
    assert [name for name, _ in lines] == ["fetch", "cut"] * 6
