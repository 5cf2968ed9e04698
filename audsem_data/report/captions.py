"""The captions of clips, and of cues that became none, by key."""

from collections.abc import Collection, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from audsem_data.report.library import Library
from audsem_data.report.workspace_library import WorkspaceLibrary
from audsem_data.storage.parquet import read_table


def captions_of(library: Library, keys: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield (key, caption) of these clip ids and cue ids, as far as they are known."""
    wanted = pa.array(sorted(keys), pa.string())
    for table in library.clips({"caption"}):
        yield from _found(table, "clip_id", wanted)
    if isinstance(library, WorkspaceLibrary):
        for path in library.files("extract-sdh"):
            yield from _found(read_table(Path(path), ["cue_id", "caption"]), "cue_id", wanted)


def _found(table: pa.Table, key: str, wanted: pa.Array) -> Iterator[tuple[str, str]]:
    here = table.filter(pc.is_in(table[key], value_set=wanted))
    yield from zip(here[key].to_pylist(), here["caption"].to_pylist(), strict=True)
