"""The clips of a dataset, whoever made it: which video each is cut from, where, and the name of its file."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from audsem_data.core.errors import InputError

_COLUMNS = {
    "clip_id": ("clip_id", "id", "audio_id", "example_id"),
    "video_id": ("video_id", "youtube_id", "ytid", "YTID"),
    "file_name": ("file_name", "filename", "fname", "path"),
}
_TIMES = {"start_ms": ("start", "start_time", "start_seconds"), "end_ms": ("end", "end_time", "end_seconds")}


def clips_of(folder: Path) -> pa.Table:
    """Return clip_id, video_id, start_ms, end_ms and file_name of all clips; null where a dataset does not say.

    Of a dataset of this tool the config `clips` is read, of others every Parquet file.

    Raises:
        InputError: no file is Parquet, or none says of which video or file its rows are.
    """
    own = sorted(folder.glob("data/clips/*.parquet"))
    paths = own or sorted(folder.rglob("*.parquet"))
    tables = [found for path in paths if (found := _clips(path)) is not None]
    if not tables:
        known = ", ".join([*_COLUMNS["video_id"], *_COLUMNS["file_name"]])
        raise InputError(f"{folder}: no Parquet file has a column of videos or files; known names: {known}")
    return pa.concat_tables(tables)


def _clips(path: Path) -> pa.Table | None:
    held = pq.read_schema(path)
    chosen = {name: _first(held, names) for name, names in _COLUMNS.items()}
    nested = "audio" in held.names and pa.types.is_struct(held.field("audio").type)
    if not (chosen["video_id"] or chosen["file_name"] or nested):
        return None
    plain = {name: column for name, column in chosen.items() if column}
    times = {name: _first(held, (name, *names)) for name, names in _TIMES.items()}
    wanted = [*plain.values(), *(column for column in times.values() if column)]
    sound = ["audio.path"] if nested and not chosen["file_name"] else []
    table = pq.ParquetFile(path).read(columns=[*wanted, *sound])  # `read_table` would flatten `audio`
    count = table.num_rows
    columns = {name: table[plain[name]].cast(pa.string()) if name in plain else pa.nulls(count, pa.string())
               for name in _COLUMNS}  # fmt: skip
    if sound:
        columns["file_name"] = pc.struct_field(table["audio"], "path")
    if "clip_id" not in plain:
        columns["clip_id"] = pa.array([f"{path.name}:{number}" for number in range(count)])
    for name, column in times.items():
        columns[name] = _milliseconds(table, column, count)
    return pa.table({name: columns[name] for name in ("clip_id", "video_id", "start_ms", "end_ms", "file_name")})


def _milliseconds(table: pa.Table, column: str | None, count: int) -> pa.Array:
    if column is None:
        return pa.nulls(count, pa.int64())
    if column.endswith("_ms"):
        return table[column].cast(pa.int64())
    return pc.round(pc.multiply(table[column].cast(pa.float64()), 1000.0)).cast(pa.int64())


def _first(schema: pa.Schema, names: Sequence[str]) -> str | None:
    return next((name for name in names if name in schema.names), None)
