"""A corpus stage: one state from all shards, kept when rows join, shown as stale, made anew on demand."""

from dataclasses import replace

from audsem_data.runtime.context import Context
from audsem_data.runtime.forecast import forecast
from audsem_data.runtime.maintenance import invalidate

from .conftest import Toys


def distances(toys: Toys) -> list[float]:
    return [row["distance"] for row in toys.rows("toy-mean")]


def why(toys: Toys) -> str:
    context = Context(toys.root, toys.context.recipe, replace(toys.context.options))
    return next(line.why for line in forecast(context) if line.stage == "toy-mean")


def test_distances_are_from_the_mean_of_all_shards(toys: Toys) -> None:
    toys.run("toy-count", "toy-mean")
    assert distances(toys) == [-2, -1, 0, 1, 2]
    assert why(toys) == ""


def test_the_state_stays_until_it_is_invalidated(toys: Toys) -> None:
    toys.run("toy-count", "toy-mean")
    toys.put("c", 15)
    toys.run("toy-count", "toy-mean")
    assert distances(toys) == [-2, -1, 0, 1, 2, 12]
    assert "older than its rows" in why(toys)
    invalidate(toys.context, toys.context.stage("toy-mean"))
    toys.run("toy-mean")
    assert distances(toys) == [-4, -3, -2, -1, 0, 10]
