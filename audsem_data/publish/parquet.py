"""The Parquet files of a dataset, written as the Hub's viewer and its deduplicating storage want them.

Audio is left uncompressed (FLAC does not shrink further, and equal clips then stay equal bytes), all else is
zstd with dictionaries; row groups are small enough to be shown a page at a time; a page index lets readers
skip; content-defined chunks keep most bytes of an edited file the same. The same rows give the same bytes.
"""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from audsem_data.storage.location import storage_errors

GROUP_ROWS = 100
GROUP_BYTES = 32_000_000
# What `datasets` itself writes with; the viewer recognises it by the file metadata of the same name.
CHUNKING = {"min_chunk_size": 256 * 1024, "max_chunk_size": 1024 * 1024, "norm_level": 0}


class DatasetWriter:
    """Writes rows to one file, holding one row group; `with DatasetWriter(path, schema) as writer:`."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._path, self._schema = path, schema
        self._rows: list[Mapping[str, Any]] = []
        self._bytes = 0
        leaves = _leaves(schema)
        with storage_errors(path):
            self._writer = pq.ParquetWriter(
                path,
                schema,
                compression={leaf: "none" if leaf == "audio.bytes" else "zstd" for leaf in leaves},
                use_dictionary=[leaf for leaf in leaves if not leaf.startswith("audio.")],
                write_statistics=[leaf for leaf in leaves if leaf != "audio.bytes"],
                write_page_index=True,
                use_content_defined_chunking=CHUNKING,
            )

    def add(self, row: Mapping[str, Any], size: int) -> None:
        """Append a row that weighs `size` bytes; a row group closes at 100 rows or before it passes 32 MB."""
        if self._rows and self._bytes + size > GROUP_BYTES:
            self._flush()
        self._rows.append(row)
        self._bytes += size
        if len(self._rows) == GROUP_ROWS:
            self._flush()

    def _flush(self) -> None:
        table = pa.Table.from_pylist(self._rows, self._schema)
        with storage_errors(self._path):
            self._writer.write_table(table, row_group_size=len(self._rows))
        self._rows, self._bytes = [], 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None and self._rows:
            self._flush()
        with storage_errors(self._path):
            self._writer.add_key_value_metadata({"content_defined_chunking": json.dumps(CHUNKING)})
            self._writer.close()


def _leaves(schema: pa.Schema) -> list[str]:
    """Return the paths of the physical columns (`choices.list.element`), as Parquet itself names them."""
    empty = io.BytesIO()
    pq.write_table(schema.empty_table(), empty)
    described = pq.ParquetFile(empty).schema
    return [described.column(index).path for index in range(len(described))]
