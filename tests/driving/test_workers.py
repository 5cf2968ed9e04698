"""Workers: the same bytes however many, a death that costs one attempt, a killer that is reported."""

from pathlib import Path

import pytest

from audsem_data.core.errors import WorkerError

from .conftest import Toys, key


def bytes_of(root: Path, stage: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (root / stage / "v1").glob("part-*.parquet")}


def test_the_number_of_workers_changes_no_byte(toys: Toys) -> None:
    for name in "cdef":
        toys.put(name, *range(5))
    toys.run("toy-count", "toy-double")
    alone = bytes_of(toys.root, "toy-double")
    for workers in (1, 2):
        for record in (toys.root / "toy-double" / "v1").glob("part-*.json"):
            record.unlink()
        toys.run("toy-double", workers=workers)
        assert bytes_of(toys.root, "toy-double") == alone


def test_a_stage_is_opened_once_a_worker(toys: Toys) -> None:
    for name in "cdef":
        toys.put(name, 1)
    toys.run("toy-count", "toy-double", workers=1)
    opened = [line for line in toys.calls_file.read_text().split("\n") if line.startswith("open")]
    assert len(toys.rows("toy-double")) == 9
    assert len(opened) <= 1


def test_a_worker_that_dies_once_costs_one_attempt(toys: Toys) -> None:
    toys.put("a", 1, 666)
    toys.flag("once")
    toys.run("toy-count", "toy-double", workers=2)
    assert {row["clip_id"]: row["doubled"] for row in toys.rows("toy-double")}[key("a", 1)] == 1332


def test_a_shard_that_kills_twice_is_reported_and_the_others_are_done(toys: Toys) -> None:
    toys.put("a", 666)
    toys.run("toy-count")
    with pytest.raises(WorkerError, match="toy-double part-00000 killed its worker 2 times"):
        toys.run("toy-double", workers=1)
    assert [row["doubled"] for row in toys.rows("toy-double")] == [8, 10]
    assert not list((toys.root / "toy-double" / "v1").glob("part-00000*"))
