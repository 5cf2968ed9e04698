"""What is worked on again, and what is not: counted by the calls that the toys note."""

from pathlib import Path

import pytest

from audsem_data.core.errors import RecipeDriftError, UsageError

from .conftest import Toys, key


def test_only_the_changed_row_is_worked_on(toys: Toys) -> None:
    toys.run("toy-count", "toy-double")
    assert toys.calls("double") == [key("a", 0), key("a", 1), key("a", 2), key("b", 0), key("b", 1)]
    toys.put("a", 1, 20, 3)
    toys.run("toy-count", "toy-double")
    assert toys.calls("double") == [key("a", 1)]
    assert [row["doubled"] for row in toys.rows("toy-double")] == [2, 40, 6, 8, 10]


def test_a_row_that_left_leaves(toys: Toys) -> None:
    toys.run("toy-count", "toy-double")
    toys.calls("double")
    toys.put("a", 1)
    toys.run("toy-count", "toy-double")
    assert toys.calls("double") == []
    assert set(toys.fates("toy-double")) == {key("a", 0), key("b", 0), key("b", 1)}


def test_a_new_file_is_a_new_shard(toys: Toys) -> None:
    toys.run("toy-count", "toy-double")
    old = {path.name for path in (toys.root / "toy-double" / "v1").glob("part-*.parquet")}
    toys.calls("double")
    toys.put("A-first-by-name", 7)
    toys.run("toy-count", "toy-double")
    assert toys.calls("double") == [key("A-first-by-name", 0)]
    assert old < {path.name for path in (toys.root / "toy-double" / "v1").glob("part-*.parquet")}


def test_transient_failures_are_tried_again_and_permanent_ones_when_asked(toys: Toys) -> None:
    toys.put("a", 13, -1, 3)
    toys.run("toy-count", "toy-double")
    assert toys.calls("double") == [key("a", 0), key("a", 1), key("a", 2), key("b", 0), key("b", 1)]
    toys.run("toy-double")
    assert toys.calls("double") == [key("a", 0)]
    assert toys.fates("toy-double")[key("a", 0)]["attempts"] == 2
    toys.run("toy-double", redo=frozenset({"negative"}))
    assert toys.calls("double") == [key("a", 0), key("a", 1)]
    toys.flag("lucky")
    toys.run("toy-double")
    assert toys.calls("double") == [key("a", 0)]
    toys.run("toy-double")
    assert toys.calls("double") == []
    fates = toys.fates("toy-double")
    assert [fates[key("a", n)]["outcome"] for n in range(3)] == ["done", "failed_permanent", "done"]


def test_a_threshold_adds_and_drops_rows_and_redoes_none(toys: Toys) -> None:
    toys.run("toy-count", "toy-double", "toy-mean", "toy-keep", "toy-spread")
    assert len(toys.calls("spread")) == 5
    whole = toys.rows("toy-spread")
    assert len(whole) == 2 * (1 + 2 + 3 + 4 + 5)
    toys.set("toy-keep", least=0.0)
    toys.run("toy-spread")
    assert toys.calls("spread") == []
    assert [row for row in whole if row["clip_id"] in (key("a", 2), key("b", 0), key("b", 1))] == toys.rows(
        "toy-spread"
    )
    toys.set("toy-keep", least=-1000)
    toys.run("toy-spread")
    assert toys.calls("spread") == [key("a", 0), key("a", 1)]
    assert toys.rows("toy-spread") == whole


def test_paid_for_rows_survive_invalidation_and_defects(toys: Toys) -> None:
    toys.run("toy-count", "toy-double")
    toys.flag("break")
    with pytest.raises(Exception, match="a defect of the toy"):
        toys.run("toy-slow")
    assert toys.calls("slow") == [key("a", 0), key("a", 1)]
    (toys.calls_file.with_name("break")).unlink()
    toys.run("toy-slow")
    assert toys.calls("slow") == [key("a", 2), key("b", 0), key("b", 1)]
    for record in (toys.root / "toy-slow" / "v1").glob("part-*.json"):
        record.unlink()
    toys.run("toy-slow")
    assert toys.calls("slow") == []
    assert [row["square"] for row in toys.rows("toy-slow")] == [4, 16, 36, 64, 100]


def test_a_missing_input_has_a_reason_and_an_optional_one_a_word(toys: Toys) -> None:
    toys.put("a", -1, 2)
    toys.run("toy-count", "toy-double", "toy-slow", "toy-keep")
    fate = toys.fates("toy-slow")[key("a", 0)]
    assert (fate["outcome"], fate["reason"]) == ("filtered", "missing_input")
    assert fate["detail"] == "toy-double: failed_permanent (negative)"
    kept = {row["clip_id"]: row for row in toys.rows("toy-keep")}
    assert kept[key("a", 0)] == {"clip_id": key("a", 0), "known": False, "why": "failed_permanent (negative)"}
    assert kept[key("a", 1)]["known"]


def test_a_stage_that_is_behind_is_named(toys: Toys) -> None:
    with pytest.raises(UsageError, match="run `audsem-data toy-count` first"):
        toys.run("toy-double")
    toys.run("toy-count", "toy-double")
    toys.put("a", 1, 2, 3, 9)
    toys.run("toy-count")
    with pytest.raises(UsageError, match="toy-double has not seen a_0"):
        toys.run("toy-slow")


def test_an_excluded_video_leaves_and_comes_back_without_work(toys: Toys) -> None:
    toys.run("toy-count", "toy-double")
    toys.calls("double")
    exclude = toys.root / "exclude.txt"
    exclude.write_text("a  # asked for\n")
    toys.run("toy-count", "toy-double")
    assert set(toys.fates("toy-double")) == {key("b", 0), key("b", 1)}
    assert toys.calls("double") == []
    exclude.write_text("another\n")
    toys.run("toy-count", "toy-double")
    assert len(toys.fates("toy-double")) == 5


def test_other_options_are_refused_field_by_field(toys: Toys) -> None:
    toys.run("toy-count", "toy-double")
    before = {path: path.read_bytes() for path in Path(toys.root).rglob("part-*")}
    toys.set("toy-double", factor=3)
    with pytest.raises(RecipeDriftError, match=r"config.factor: 2 -> 3"):
        toys.run("toy-double")
    assert {path: path.read_bytes() for path in Path(toys.root).rglob("part-*")} == before
