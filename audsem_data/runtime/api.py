"""The Python API: run stages of a workspace, and read any stages joined by their key."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from audsem_data.core.errors import UsageError
from audsem_data.runtime.context import RunOptions
from audsem_data.runtime.driver import StageSummary
from audsem_data.runtime.session import Edits, driving, existing_context, groups, open_context
from audsem_data.storage.upstream import WorkspaceUpstream


class Project:
    """A workspace in Python; begin one with sources and a profile, or open one that is there.

        project = Project("workspace", sources=["media/"])
        project.run(until="combine")
        table = project.read("combine", "annotate-acoustics")

    Args:
        workspace: the folder; made when it is not there.
        profile: which recipe a new workspace begins with.
        sources: folders and files to add.
        settings: options to change, `{"select-clips.min_duration_ms": 2000}`.
    """

    def __init__(
        self,
        workspace: str | Path,
        profile: str | None = None,
        sources: Sequence[str] = (),
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self.root = Path(workspace)
        texts = tuple(f"{name}={value}" for name, value in (settings or {}).items())
        open_context(self.root, Edits(profile, tuple(sources), texts), RunOptions())

    def run(self, *stages: str, until: str | None = None, workers: int = 0) -> list[StageSummary]:
        """Run these stages, or the recipe up to `until`, or all of it; returns a summary of each stage.

        Without workers the work is done in this process. Worker processes import the caller's main module, so
        that a script which asks for them must do so under `if __name__ == "__main__":`.
        """
        context = existing_context(self.root, RunOptions(workers=workers))
        todo = [[stage] for stage in stages] or groups(context, until)
        with driving(context, shown=False) as driver:
            return list(driver.run_all(todo))

    def read(self, *stages: str) -> pa.Table:
        """Return the rows of the first stage with the columns of the others beside them, in key order.

        Columns that two stages share are taken from the first that has them; a row that a later stage lacks
        has nulls there. Raises UsageError when the stages do not share a key or a stage has no rows yet.
        """
        tables = list(self.shards(*stages))
        if not tables:
            raise UsageError(f"{stages[0]} has no shards yet; run it first")
        return pa.concat_tables(tables)

    def shards(self, *stages: str) -> Iterator[pa.Table]:
        """Yield what `read` returns, a shard at a time, for what does not fit into memory."""
        context = existing_context(self.root)
        declared = [context.stage(name) for name in stages]
        key = declared[0].key.name
        if odd := [stage.name for stage in declared if stage.key.name != key]:
            raise UsageError(f"{odd[0]} is not keyed by {key}, as {stages[0]} is; they cannot be read together")
        upstream = WorkspaceUpstream(context.workspace, context.stages, frozenset())
        for shard in upstream.shards(stages[0]):
            table = upstream.table(stages[0], shard)
            for name in stages[1:]:
                if shard in upstream.shards(name):
                    table = _beside(table, upstream.table(name, shard), key)
            yield table


def _beside(table: pa.Table, other: pa.Table, key: str) -> pa.Table:
    """Return the table with the other's new columns, aligned by key."""
    place = {name: index for index, name in enumerate(other.column(key).to_pylist())}
    rows = pa.array([place.get(name) for name in table.column(key).to_pylist()], pa.int64())
    for field in other.schema:
        if field.name not in table.schema.names:
            column = other.column(field.name).combine_chunks()
            table = table.append_column(field.with_nullable(True), column.take(rows))
    return table
