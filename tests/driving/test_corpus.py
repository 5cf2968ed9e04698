"""A corpus stage: one state from all shards, kept when rows join, shown as stale, made anew on demand."""

from dataclasses import replace

import pytest

from audsem_data.core.errors import StageError
from audsem_data.runtime.context import Context
from audsem_data.runtime.forecast import forecast
from audsem_data.runtime.maintenance import invalidate

from .conftest import Toys, key


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


def test_summaries_that_were_made_survive_a_run_that_was_not_finished(toys: Toys) -> None:
    toys.run("toy-count")
    toys.flag("break-b")
    with pytest.raises(StageError, match="a defect of the toy"):
        toys.run("toy-mean")
    assert toys.calls("summarize") == [key("a", 0), key("a", 1), key("a", 2)]
    toys.calls_file.with_name("break-b").unlink()
    toys.run("toy-mean")
    assert toys.calls("summarize") == [key("b", 0), key("b", 1)], "the first shard's is kept"
    assert distances(toys) == [-2, -1, 0, 1, 2]


def test_a_corpus_stage_is_told_its_device_and_opened_once_for_all_its_steps(toys: Toys) -> None:
    toys.run("toy-count", "toy-mean", device="cpu")
    opened = [line for line in toys.calls_file.read_text().split("\n") if line.startswith("device")]
    assert opened == ["device cpu"] * 2, "once by the worker, once to reduce"


def test_a_state_that_renews_is_made_of_the_one_before_when_rows_join_and_only_then(toys: Toys) -> None:
    toys.run("toy-count", "toy-seen")
    toys.run("toy-seen")
    assert [(row["times"], row["round"]) for row in toys.rows("toy-seen")] == [(1, 1)] * 5
    toys.put("c", 5)
    toys.run("toy-count", "toy-seen")
    assert [(row["times"], row["round"]) for row in toys.rows("toy-seen")] == [(1, 2)] * 4 + [(2, 2)] * 2
