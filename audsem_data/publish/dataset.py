"""The dataset directory: data files linked from the workspace, README.md and, last, manifest.json."""

import errno
import hashlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from audsem_data.core.errors import EmptyDatasetError, InputError
from audsem_data.core.layout import StageHistory
from audsem_data.publish.contents import read_contents
from audsem_data.publish.folder import repair, replace_folder
from audsem_data.publish.manifest import MANIFEST, is_current, make_manifest
from audsem_data.publish.readme import OPT_OUT, README, render_opt_out, render_readme
from audsem_data.publish.statistics import count_all
from audsem_data.publish.tombstones import REMOVED, read_tombstones
from audsem_data.storage.location import LocalLocation, storage_errors

# What a file system that cannot link answers.
_CANNOT_LINK = (errno.EXDEV, errno.EPERM, errno.EACCES, errno.EMLINK, errno.ENOTSUP, errno.ENOSYS)


def write_dataset(
    target: Path, files: Mapping[str, Path], options: Mapping[str, Any], history: Sequence[StageHistory] = ()
) -> None:
    """Make `target` the dataset of these files (path in the dataset -> committed file), replacing it as a whole.

    Does nothing when it already is; can be killed at any point and run again.

    Raises:
        EmptyDatasetError: there are no files; what was there before stays.
        InputError: `target` is a folder that is not a dataset of ours.
    """
    repair(target)
    if not files:
        stays = f"; {target} is what it was before, and out of date" if target.exists() else ""
        raise EmptyDatasetError(f"no clip is left for a dataset{stays}. {funnel(history)}")
    facts = {**options, "history": [told(one) for one in history]}
    texts = _texts(target.parent, options)
    facts["texts"] = {name: hashlib.sha256(text).hexdigest() for name, text in texts.items()}
    if is_current(target, files, facts):
        return
    if target.is_symlink() or (target.exists() and not (target / MANIFEST).is_file()):
        raise InputError(f"{target} is not a dataset made by assemble; move it away and run assemble again")
    contents = read_contents(files)

    def fill(folder: Path) -> None:
        for path, made_from in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            _link(made_from, folder / path)
        place = LocalLocation(folder)
        for name, text in texts.items():
            place.put(name, text)
        place.put(README, render_readme(contents, count_all(files), facts))
        place.put(MANIFEST, make_manifest(folder, contents, facts))

    replace_folder(target, fill)


def funnel(history: Sequence[StageHistory]) -> str:
    """Return in one line where the rows of a workspace went: each stage that dropped some, with its reasons."""
    lines = []
    for stage in history:
        lost = {name.replace(":", " "): count for name, count in stage.counts.items() if name != "done"}
        reasons = f" ({', '.join(f'{name} {count}' for name, count in lost.items())})" if lost else ""
        if lost or not stage.rows_out:
            lines.append(f"{stage.stage}: {stage.rows_in} in, {stage.rows_out} out{reasons}")
    return f"Where they went: {'; '.join(lines)}" if lines else "Nothing came in"


def withdraw(target: Path) -> None:
    """Delete a dataset that assemble made, and what an interrupted replacement left beside it."""
    repair(target)
    if (target / MANIFEST).is_file():
        with storage_errors(target):
            (target / MANIFEST).unlink()  # first: what a kill leaves is no finished dataset
            shutil.rmtree(target)


def told(history: StageHistory) -> dict[str, Any]:
    """Return what a dataset says of a stage: all but times, which differ from run to run, and local paths."""
    value = asdict(history)
    config = value["identity"].get("config", {})
    if config.get("checkpoint"):
        config["checkpoint"] = Path(config["checkpoint"]).name
    usage = {name: count for name, count in history.usage.items() if not name.endswith("seconds")}
    return {**value, "usage": usage, "price": list(history.price) if history.price else None}


def _texts(workspace: Path, options: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the files that stand beside the card: how to opt out, and what was taken down."""
    removed = read_tombstones(workspace)
    return {OPT_OUT: render_opt_out(options.get("contact"))} | ({REMOVED: removed} if removed else {})


def _link(made_from: Path, path: Path) -> None:
    try:
        path.hardlink_to(made_from)
    except OSError as error:
        if error.errno not in _CANNOT_LINK:
            raise
        shutil.copy2(made_from, path)
