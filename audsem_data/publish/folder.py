"""Replacing a folder as a whole, so that whoever opens it sees the old one or the new one, never a mixture.

A process may be killed between any two steps: a half-filled folder has another name, and whatever was left
behind under the two other names is put right by the next call. Between two renames the folder is absent for
a moment; after a kill exactly there, the next call first brings the old one back.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

from audsem_data.storage.location import storage_errors


def replace_folder(target: Path, fill: Callable[[Path], None]) -> None:
    """Make `target` the folder that `fill` writes into an empty one beside it."""
    building, old = _building(target), _old(target)
    repair(target)
    with storage_errors(target):
        building.mkdir(parents=True)
        fill(building)
        if target.exists():
            target.rename(old)
        building.rename(target)
    repair(target)


def repair(target: Path) -> None:
    """Undo or finish what an interrupted replacement left beside `target`."""
    building, old = _building(target), _old(target)
    with storage_errors(target):
        if old.exists() and not target.exists():
            old.rename(target)
        for folder in (building, old):
            if folder.exists():
                shutil.rmtree(folder)


def _building(target: Path) -> Path:
    return target.with_name(f".{target.name}.building")


def _old(target: Path) -> Path:
    return target.with_name(f".{target.name}.old")
