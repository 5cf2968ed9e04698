"""Workspaces: recipes that are edited and refused, exclusions that cannot be ignored, readers beside writers."""

from pathlib import Path

import pytest

from audsem_data.core.errors import CorruptionError, UsageError
from audsem_data.core.fingerprint import describe_drift
from audsem_data.core.recipe import Recipe, running_order
from audsem_data.core.record import FileEntry, Record
from audsem_data.core.stage import Stage
from audsem_data.runtime.discovery import load_stages
from audsem_data.runtime.profiles import load_profile
from audsem_data.storage.workspace import Workspace


@pytest.fixture
def combine() -> Stage:
    return load_stages()["combine"]


def record(name: str, data: bytes) -> Record:
    entry = FileEntry(name, len(data), "0" * 64)
    return Record("combine", 2, 0, "f", {}, entry, entry, None, 3, 3, {"done": 2, "filtered:why": 1}, {})


def commit(workspace: Workspace, stage: Stage, name: str, superseded: Record | None = None) -> Record:
    """Commit a shard whose file has a name."""
    made = record(name, name.encode())
    workspace.location.put(f"combine/v2/{name}", name.encode())
    workspace.commit(stage, made, superseded)
    return made


def test_a_record_comes_back_as_it_was() -> None:
    made = record("part-00000-aa.parquet", b"data")
    assert Record.parse(made.dump(), "here") == made


@pytest.mark.parametrize(
    "text", [b"{", b"{}", b"[]", record("x", b"").dump().replace(b'"rows_in": 3', b'"rows_in": 4')]
)
def test_a_damaged_record_is_said_with_its_name(text: bytes) -> None:
    with pytest.raises(CorruptionError, match="here"):
        Record.parse(text, "here")


def test_a_reader_beside_a_writer_sees_one_or_the_other(tmp_path: Path, combine: Stage) -> None:
    workspace = Workspace(tmp_path)
    first = commit(workspace, combine, "part-00000-aa.parquet")

    def read(found: Record) -> str:
        if found == first:  # another driver commits between the look at the record and the opening of its file
            commit(workspace, combine, "part-00000-bb.parquet", first)
        return workspace.path(combine, found.data).read_text()

    assert workspace.reading(combine, 0, read) == "part-00000-bb.parquet"
    assert workspace.reading(combine, 1, read) is None


def test_a_file_that_is_gone_for_good_is_said(tmp_path: Path, combine: Stage) -> None:
    workspace = Workspace(tmp_path)
    made = commit(workspace, combine, "part-00000-aa.parquet")
    workspace.path(combine, made.data).unlink()
    with pytest.raises(CorruptionError, match="invalidate combine --shard 0"):
        workspace.reading(combine, 0, lambda r: workspace.path(combine, r.data).read_bytes())
    with pytest.raises(CorruptionError, match="is missing"):
        workspace.records(combine)


def test_sweeping_leaves_what_records_name(tmp_path: Path, combine: Stage) -> None:
    workspace = Workspace(tmp_path)
    commit(workspace, combine, "part-00000-aa.parquet")
    workspace.location.put("combine/v2/part-00001-cc.parquet", b"of a killed run")
    workspace.sweep(combine, workspace.records(combine))
    assert set(workspace.location.sizes("combine/v2")) == {"part-00000.json", "part-00000-aa.parquet"}


def test_exclusions_are_read_as_people_write_them(tmp_path: Path) -> None:
    (tmp_path / "exclude.txt").write_bytes("\ufeff# taken down\nabc  # by request\n\nmy video.v1\n".encode())
    assert {"abc", "my%20video%2Ev1"} <= Workspace(tmp_path).excluded()
    (tmp_path / "exclude.txt").write_text("channel:UC123\n")
    with pytest.raises(UsageError, match="channels are not known here"):
        Workspace(tmp_path).excluded()


@pytest.mark.parametrize(
    ("name", "text"), [("recipe.yaml", "{"), ("recipe.yaml", "stages: 3"), ("partition.json", "{")]
)
def test_a_damaged_workspace_file_is_said_with_its_name(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    workspace = Workspace(tmp_path)
    with pytest.raises((UsageError, CorruptionError), match=name):
        workspace.recipe() if name == "recipe.yaml" else workspace.partition()


def test_drift_is_told_field_by_field() -> None:
    before = {"version": 1, "config": {"a": 1, "b": 2}, "emits": ["x: int64"]}
    after = {"version": 2, "config": {"a": 1, "c": 3}, "emits": ["x: int64"]}
    assert describe_drift(before, after) == [
        "config.b: 2 -> absent", "config.c: absent -> 3", "version: 1 -> 2",
    ]  # fmt: skip


def test_a_recipe_names_stages_that_exist_in_an_order_that_works() -> None:
    known = load_stages()
    profile = load_profile("offline")
    assert [stage.name for stage in running_order(profile, known)] == list(profile.stages)
    turned = profile.model_copy(update={"stages": dict(reversed(profile.stages.items()))})
    with pytest.raises(UsageError, match="does not run before it"):
        running_order(turned, known)
    with pytest.raises(UsageError, match="polish"):
        running_order(Recipe(profile="x", stages={"polish": {}}), known)


def test_options_are_checked_by_name_and_value() -> None:
    stage = load_stages()["select-clips"]
    recipe = load_profile("offline")
    assert recipe.with_option(stage, "min_duration_ms", 1).difference(recipe) == []
    assert recipe.difference(recipe.with_option(stage, "min_duration_ms", 1)) == [
        "select-clips.min_duration_ms: default -> 1"
    ]
    with pytest.raises(UsageError, match="its options: min_duration_ms"):
        recipe.with_option(stage, "min_duration", 1)
    with pytest.raises(UsageError, match="min_duration_ms"):
        recipe.with_option(stage, "min_duration_ms", "long")
