"""The dataset directory: data files linked from the workspace, README.md and, last, manifest.json."""

import errno
import hashlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from audsem_data.core.errors import InputError
from audsem_data.core.layout import StageHistory
from audsem_data.publish.contents import read_contents
from audsem_data.publish.folder import repair, replace_folder
from audsem_data.publish.manifest import MANIFEST, is_current, make_manifest
from audsem_data.publish.readme import OPT_OUT, README, render_opt_out, render_readme
from audsem_data.publish.statistics import count_all
from audsem_data.publish.tombstones import REMOVED, read_tombstones
from audsem_data.storage.location import LocalLocation

# What a file system that cannot link answers.
_CANNOT_LINK = (errno.EXDEV, errno.EPERM, errno.EACCES, errno.EMLINK, errno.ENOTSUP, errno.ENOSYS)


def write_dataset(
    target: Path, files: Mapping[str, Path], options: Mapping[str, Any], history: Sequence[StageHistory] = ()
) -> None:
    """Make `target` the dataset of these files (path in the dataset -> committed file), replacing it as a whole.

    Does nothing when it already is; can be killed at any point and run again. Raises InputError rather than
    replace a folder that is not a dataset of ours.
    """
    repair(target)
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
