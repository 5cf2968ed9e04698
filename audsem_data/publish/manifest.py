"""manifest.json of a dataset: every file with its size and SHA-256, the options, and a hash of each schema.

Written last, so a folder without one is not a finished dataset.
"""

import json
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from audsem_data.publish.contents import ConfigContents
from audsem_data.publish.readme import README, template_digest
from audsem_data.storage.sharing import is_exposed

MANIFEST = "manifest.json"

Digest = Callable[[Path], str]


def identity(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what decides the texts of a dataset besides its files."""
    return {
        "format": 1,
        "made_by": f"audsem-data {metadata.version('audsem-data')}",
        "card_template": template_digest(),
        "options": dict(options),
    }


def make_manifest(
    folder: Path, contents: Mapping[str, ConfigContents], options: Mapping[str, Any], digest: Digest
) -> bytes:
    """Return the manifest of a folder that holds all else already."""
    files = [path for path in files_of(folder) if path != MANIFEST]
    manifest = {
        **identity(options),
        "configs": {
            name: {
                "schema_sha256": config.schema_sha256,
                "rows": {split: held.rows for split, held in config.splits.items()},
            }
            for name, config in contents.items()
        },
        "files": {path: {"bytes": _size(folder, path), "sha256": digest(folder / path)} for path in files},
    }
    return json.dumps(manifest, indent=1).encode() + b"\n"


def is_current(folder: Path, files: Mapping[str, Path], options: Mapping[str, Any], digest: Digest) -> bool:
    """Say whether a folder already is the dataset of these files, byte for byte.

    Size and time of change are those of the file that a data file was made from, which both survive sharing and
    copying; digests are those of the manifest. A file that could be damaged together with the committed one is not
    current.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        listed = manifest["files"]
        same = {key: manifest[key] for key in identity(options)} == identity(options)
    except (OSError, ValueError, KeyError, TypeError):
        return False
    if (
        not same
        or set(files_of(folder)) != {*listed, MANIFEST}
        or set(listed) != {*files, README, *options["texts"]}
    ):
        return False
    if any(_stamp(folder / path) != _stamp(made_from) for path, made_from in files.items()):
        return False
    if any(is_exposed(made_from, folder / path) for path, made_from in files.items()):
        return False
    copied = all(digest(made_from) == listed[path]["sha256"] for path, made_from in files.items())
    return copied and all(digest(folder / path) == entry["sha256"] for path, entry in listed.items())


def files_of(folder: Path) -> list[str]:
    """Return the paths of all files below a folder, sorted."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def _size(folder: Path, path: str) -> int:
    return (folder / path).stat().st_size
