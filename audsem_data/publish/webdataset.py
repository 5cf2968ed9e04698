"""A dataset as WebDataset tars: `{example_id}.flac` and `{example_id}.json` beside each other, in order."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq

from audsem_data.core.errors import InputError, UsageError
from audsem_data.publish.folder import replace_folder
from audsem_data.publish.layout import CLIPS, parse_data_file
from audsem_data.storage.tars import TarWriter


def export_tars(dataset: Path, out: Path, config: str, say: Callable[[str], None] = lambda line: None) -> int:
    """Write the files of a config as `out/SPLIT-NNNNNN.tar`; return how many rows there are.

    Keys of `clips` are clip ids. Memory holds one row group. `out` appears whole or not at all.

    Raises:
        InputError: the dataset has no such config, or the config holds no sound (`audio=once` has it in `clips`).
        UsageError: there is no such dataset, or `out` holds something already: tars of two exports are never mixed.
    """
    if not dataset.is_dir():
        raise UsageError(f"there is no folder {dataset}; give the folder of a dataset")
    out = out.absolute()
    targets = _targets(dataset, config)
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise UsageError(f"{out} is there already; name a folder that is not, or an empty one")
    rows = 0

    def fill(folder: Path) -> None:
        nonlocal rows
        for name, path in targets.items():
            say(name)
            rows += _write(path, folder / name)

    replace_folder(out, fill)
    return rows


def _targets(dataset: Path, config: str) -> dict[str, Path]:
    """Return the data file that each tar is made from; raises InputError."""
    files = sorted((dataset / "data" / config).glob("*.parquet"))
    if not files:
        raise InputError(f"{dataset} has no config {config}")
    found: dict[str, Path] = {}
    counted = Counter[str]()
    for path in files:
        if "audio" not in pq.read_schema(path).names:
            raise InputError(f"{config} of {dataset} holds no sound; assemble audio=repeat, or export `{CLIPS}`")
        split = parse_data_file(f"data/{config}/{path.name}")[1]
        found[f"{split}-{counted[split]:06d}.tar"] = path
        counted[split] += 1
    return found


def _write(path: Path, target: Path) -> int:
    file, rows = pq.ParquetFile(path), 0
    with TarWriter(target) as tar:
        for index in range(file.num_row_groups):
            for row in file.read_row_group(index).to_pylist():
                audio = row.pop("audio")
                about = json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
                suffix = Path(audio["path"]).suffix.lstrip(".")
                tar.add(row.get("example_id") or row["clip_id"], {suffix: audio["bytes"], "json": about})
                rows += 1
    return rows
