"""Parquet shards of a workspace: the schema of their columns, the order given, always the same bytes."""

import errno
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from audsem_data.core.errors import CorruptionError, StageError
from audsem_data.core.schema import Column, arrow_schema
from audsem_data.storage.location import storage_errors

# Fixed, so that the same rows give the same bytes however they arrive.
ROW_GROUP = 4096


def to_table(columns: Sequence[Column], rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Return rows as a table of exactly these columns; raises StageError that names the column at fault."""
    names = {column.name for column in columns}
    for row in rows:
        if row.keys() != names:
            odd = ", ".join(sorted(row.keys() ^ names))
            raise StageError(f"a row's fields are not the declared columns; missing or unknown: {odd}")
    arrays = []
    for column in columns:
        try:
            array = pa.array([row[column.name] for row in rows], column.type)
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
            raise StageError(f"column {column.name} is declared {column.type}: {error}") from error
        if array.null_count and not column.nullable:
            raise StageError(f"column {column.name} allows no nulls, and {array.null_count} are null")
        arrays.append(array)
    return pa.Table.from_arrays(arrays, schema=arrow_schema(columns))


def write_rows(out: Path, columns: Sequence[Column], rows: Iterable[Mapping[str, Any]]) -> int:
    """Write rows, in their order, to a new Parquet file and return how many; memory holds one row group."""
    stream = iter(rows)
    batches = iter(lambda: list(islice(stream, ROW_GROUP)), [])
    return _write(out, columns, (to_table(columns, batch) for batch in batches))


def write_table(out: Path, columns: Sequence[Column], table: pa.Table) -> int:
    """Write a table of these columns as `write_rows` writes its rows; raises StageError that names a column."""
    for column in columns:
        if column.name not in table.column_names or table[column.name].type != column.type:
            raise StageError(f"the table has no column {column.name} of type {column.type}: {table.schema.names}")
        if table[column.name].null_count and not column.nullable:
            raise StageError(f"column {column.name} allows no nulls, and {table[column.name].null_count} are null")
    whole = table.select([column.name for column in columns]).combine_chunks()
    return _write(out, columns, (whole.slice(at, ROW_GROUP) for at in range(0, len(whole), ROW_GROUP)))


def _write(out: Path, columns: Sequence[Column], groups: Iterable[pa.Table]) -> int:
    total = 0
    with storage_errors(out), pq.ParquetWriter(out, arrow_schema(columns), compression="zstd") as writer:
        for group in groups:
            writer.write_table(group, row_group_size=ROW_GROUP)
            total += len(group)
    return total


def read_table(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Read all columns, or these; raises CorruptionError for a file that is not readable Parquet."""
    try:
        return pq.read_table(path, columns=list(columns) if columns is not None else None, partitioning=None)
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EPERM):
            raise
        raise CorruptionError(f"{path} cannot be read as Parquet: {error}") from error
