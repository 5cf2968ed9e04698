"""A dataset as WebDataset tars: `{example_id}.flac` and `{example_id}.json` beside each other, in order."""

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq

from audsem_data.core.errors import InputError
from audsem_data.publish.layout import CLIPS, parse_data_file
from audsem_data.storage.tars import TarWriter


def export_tars(dataset: Path, out: Path, config: str, say: Callable[[str], None] = lambda line: None) -> int:
    """Write the files of a config as `out/SPLIT-NNNNNN.tar`; return how many rows there are.

    Keys of `clips` are clip ids. Memory holds one row group.

    Raises:
        InputError: the dataset has no such config, or the config holds no sound (`audio=once` has it in `clips`).
    """
    files = sorted((dataset / "data" / config).glob("*.parquet"))
    if not files:
        raise InputError(f"{dataset} has no config {config}")
    rows = 0
    out.mkdir(parents=True, exist_ok=True)
    counted: dict[str, int] = {}
    for path in files:
        if "audio" not in pq.read_schema(path).names:
            raise InputError(f"{config} of {dataset} holds no sound; assemble audio=repeat, or export `{CLIPS}`")
        split = parse_data_file(f"data/{config}/{path.name}")[1]
        target = out / f"{split}-{counted.get(split, 0):06d}.tar"
        counted[split] = counted.get(split, 0) + 1
        say(target.name)
        rows += _write(path, target)
    return rows


def _write(path: Path, target: Path) -> int:
    file, rows = pq.ParquetFile(path), 0
    scratch = target.with_name(f".{target.name}")
    with TarWriter(scratch) as tar:
        for index in range(file.num_row_groups):
            for row in file.read_row_group(index).to_pylist():
                audio = row.pop("audio")
                about = json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
                suffix = Path(audio["path"]).suffix.lstrip(".")
                tar.add(row.get("example_id") or row["clip_id"], {suffix: audio["bytes"], "json": about})
                rows += 1
    scratch.rename(target)
    return rows
