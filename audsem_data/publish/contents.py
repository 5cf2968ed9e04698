"""What the configs of a dataset hold, read from the footers of its files."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from audsem_data.core.errors import CorruptionError, StageError
from audsem_data.publish.features import features_of
from audsem_data.publish.layout import CLIPS, CONFIGS, parse_data_file
from audsem_data.publish.splits import SPLITS


@dataclass
class Split:
    """Rows of a split, their bytes in memory and in files, and its number of files."""

    rows: int = 0
    bytes: int = 0
    file_bytes: int = 0
    files: int = 0


@dataclass
class ConfigContents:
    """A config: its features as `datasets` writes them in JSON, and its splits that are not empty."""

    features: Mapping[str, Any]
    schema_sha256: str
    splits: dict[str, Split] = field(default_factory=dict)


def read_contents(files: Mapping[str, Path]) -> dict[str, ConfigContents]:
    """Return the configs that have files, in their fixed order; `files` maps paths in the dataset to files.

    Raises StageError where two files of a config, or of two task configs, differ in their schema.
    """
    contents: dict[str, ConfigContents] = {}
    for path in sorted(files, key=_place):
        config, split = parse_data_file(path)
        try:
            footer = pq.read_metadata(files[path])
        except (OSError, ValueError) as error:
            raise CorruptionError(f"{files[path]} cannot be read as Parquet: {error}") from error
        schema = footer.schema.to_arrow_schema()
        digest = hashlib.sha256(
            schema.metadata[b"huggingface"] + str(schema.remove_metadata()).encode()
        ).hexdigest()
        held = contents.setdefault(config, ConfigContents(features_of(schema), digest))
        _check_same(held.schema_sha256, digest, path)
        here = held.splits.setdefault(split, Split())
        here.rows += footer.num_rows
        here.bytes += sum(footer.row_group(group).total_byte_size for group in range(footer.num_row_groups))
        here.file_bytes += files[path].stat().st_size
        here.files += 1
    tasks = [held for config, held in contents.items() if config != CLIPS]
    for held in tasks:
        _check_same(tasks[0].schema_sha256, held.schema_sha256, "a task config")
    return contents


def _check_same(first: str, digest: str, path: str) -> None:
    if digest != first:
        raise StageError(f"{path} has another schema than the files before it; run assemble again")


def _place(path: str) -> tuple[int, int, str]:
    config, split = parse_data_file(path)
    return CONFIGS.index(config), SPLITS.index(split), path
