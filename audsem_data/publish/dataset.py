"""The dataset directory: data files shared with the workspace, README.md and, last, manifest.json."""

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from audsem_data.core.errors import CorruptionError, EmptyDatasetError, InputError
from audsem_data.core.layout import StageHistory
from audsem_data.publish.contents import read_contents
from audsem_data.publish.folder import repair, replace_folder
from audsem_data.publish.manifest import MANIFEST, Digest, is_current, make_manifest
from audsem_data.publish.readme import OPT_OUT, README, render_opt_out, render_readme
from audsem_data.publish.statistics import count_all
from audsem_data.publish.tombstones import REMOVED, read_tombstones
from audsem_data.storage.digests import file_sha256
from audsem_data.storage.location import LocalLocation, storage_errors
from audsem_data.storage.sharing import share


def write_dataset(
    target: Path,
    files: Mapping[str, Path],
    options: Mapping[str, Any],
    history: Sequence[StageHistory] = (),
    digest: Digest = file_sha256,
) -> None:
    """Make `target` the dataset of these files (path in the dataset -> committed file), replacing it as a whole.

    Does nothing when it already is, to the byte; can be killed at any point and run again. `digest` gives the
    SHA-256 of a file: one that remembers spares reading what did not change.

    Raises:
        CorruptionError: what was written is not what was to be written.
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
    if is_current(target, files, facts, digest):
        return
    if target.is_symlink() or (target.exists() and not (target / MANIFEST).is_file()):
        raise InputError(f"{target} is not a dataset made by assemble; move it away and run assemble again")
    contents = read_contents(files)

    def fill(folder: Path) -> None:
        for path, made_from in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            share(made_from, folder / path)
        place = LocalLocation(folder)
        for name, text in texts.items():
            place.put(name, text)
        place.put(README, render_readme(contents, count_all(files), facts))
        place.put(MANIFEST, make_manifest(folder, contents, facts, digest))

    replace_folder(target, fill)
    if not is_current(target, files, facts, digest):
        raise CorruptionError(
            f"{target} is not what was written to it a moment ago; look at the disk, and run again"
        )


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
