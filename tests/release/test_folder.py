"""The dataset directory is whole at every moment, repaired after a kill, and left alone when nothing changed."""

import errno
import itertools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from audsem_data.core.errors import InputError, StorageError

STEPS = ("mkdir", "link", "rename", "replace", "fsync", "unlink", "rmdir")


class KilledError(BaseException):
    """As a kill: nothing may catch it."""


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def kill_at(patch: pytest.MonkeyPatch, step: int) -> None:
    """Make the `step`-th change to the disk never happen."""
    count = itertools.count()

    def guarded(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **more: Any) -> Any:
            if next(count) == step:
                raise KilledError
            return real(*args, **more)

        return call

    for name in STEPS:
        patch.setattr(os, name, guarded(getattr(os, name)))


def test_a_kill_at_any_step_leaves_old_or_new_and_is_repaired(workspace: Any) -> None:
    workspace.exclude = frozenset(["v72", "v112", "v114"])  # one split: fewer steps
    old = workspace.build(audio="none")
    new = workspace.build(audio="none", license="CC0-1.0")
    wanted = tree(workspace.finish(new, license="CC0-1.0", audio="none"))
    seen = set()
    for step in range(10_000):
        folder = workspace.finish(old, audio="none")
        before = tree(folder)
        with pytest.MonkeyPatch.context() as patch:
            kill_at(patch, step)
            try:
                workspace.finish(new, license="CC0-1.0", audio="none")
            except KilledError:
                found = tree(folder) if folder.exists() else None
            else:
                break
        assert found in (before, wanted, None)
        seen.add("absent" if found is None else "new" if found == wanted else "old")
        assert tree(workspace.finish(new, license="CC0-1.0", audio="none")) == wanted
        assert not list(workspace.folder.glob(".audsem*"))
    assert seen == {"absent", "old", "new"}
    assert step > 30


def test_nothing_is_written_when_nothing_changed(workspace: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = workspace.build()
    folder = workspace.finish(parts)
    monkeypatch.setattr(pq, "read_metadata", None)
    kill_at(monkeypatch, 0)
    assert workspace.finish(parts) == folder


@pytest.mark.parametrize("damage", ["stray file", "edited README", "lost file", "damaged manifest"])
def test_whatever_was_changed_is_put_right(workspace: Any, damage: str) -> None:
    parts = workspace.build()
    folder = workspace.finish(parts)
    wanted = tree(folder)
    match damage:
        case "stray file":
            (folder / "data" / "notes.txt").write_text("hello")
        case "edited README":
            (folder / "README.md").write_text("hello")
        case "lost file":
            next(folder.rglob("*.parquet")).unlink()
        case "damaged manifest":
            (folder / "manifest.json").write_text("{")
    assert tree(folder) != wanted
    workspace.finish(parts)
    assert tree(folder) == wanted


def test_another_option_is_another_dataset(workspace: Any) -> None:
    parts = workspace.build()
    before = tree(workspace.finish(parts))
    after = tree(workspace.finish(parts, license="CC0-1.0"))
    assert {name for name in before if before[name] != after[name]} == {"manifest.json"}


def test_files_that_are_no_longer_wanted_leave(workspace: Any) -> None:
    folder = workspace.finish(workspace.build(max_file_mb=0.05), max_file_mb=0.05)
    many = len(tree(folder))
    workspace.assemble()
    assert len(tree(folder)) < many


def test_where_linking_fails_files_are_copied_and_still_recognised(
    workspace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(errno.EXDEV, "another file system")

    parts = workspace.build()
    monkeypatch.setattr(os, "link", refuse)
    folder = workspace.finish(parts)
    assert next(folder.rglob("*.parquet")).stat().st_nlink == 1
    kill_at(monkeypatch, 0)
    workspace.finish(parts)


def test_a_folder_of_the_user_is_not_replaced(workspace: Any) -> None:
    (workspace.folder / "audsem").mkdir()
    (workspace.folder / "audsem" / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="move it away"):
        workspace.assemble()
    assert (workspace.folder / "audsem" / "thesis.txt").exists()


def test_a_full_disk_is_said_and_costs_nothing(workspace: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = workspace.assemble()
    before, parts = tree(folder), workspace.build(license="CC0-1.0")

    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "link", full)
        with pytest.raises(StorageError, match="disk is full"):
            workspace.finish(parts, license="CC0-1.0")
    assert tree(folder) == before
