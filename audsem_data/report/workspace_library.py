"""A workspace as a library: the committed shards of its stages, joined by clip."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from audsem_data.core.layout import StageHistory
from audsem_data.core.record import Record
from audsem_data.core.stage import Stage
from audsem_data.publish.layout import DATASET
from audsem_data.publish.manifest import MANIFEST
from audsem_data.publish.statistics import Statistics
from audsem_data.report.dataset_library import DatasetLibrary
from audsem_data.report.library import Refusal, read_attempts
from audsem_data.runtime.context import Context
from audsem_data.runtime.history import history
from audsem_data.runtime.session import existing_context
from audsem_data.storage.parquet import read_table
from audsem_data.storage.tars import iterate_clips

CLIPS = "select-captions"
_CAPTION = ("clip_id", "video_id", "start_ms", "end_ms", "text", "caption")
_DECISION = ("keep", "reason")
_GENERATE = "generate-"
_ANNOTATE, _SCORE = "annotate-", "score-"
_ABSENT = ("complete", "missing", "not_applicable")  # what `combine` alone knows
_BESIDE = ("embed-clap-audio", "embed-clap-generated", "embed-clap-text")


class WorkspaceLibrary:
    """Reads what stands; what runs meanwhile is seen by the next call."""

    is_workspace = True

    def __init__(self, root: Path) -> None:
        self.root, self.name = root, root.resolve().name
        self.context: Context = existing_context(root)

    def history(self) -> Sequence[StageHistory]:
        """Return what every stage took in, let through and dropped."""
        return history(self.context, until="")

    @cached_property
    def stages(self) -> dict[str, Stage]:
        """The stages of the recipe that have shards."""
        return {name: one for name, one in self.context.stages.items() if self.context.workspace.shards(one)}

    def clips(self, columns: Collection[str] | None = None) -> Iterator[pa.Table]:
        """Yield every clip with what is known of it, shard by shard."""
        if CLIPS not in self.stages:
            return
        for shard in self.context.workspace.shards(self.stages[CLIPS]):
            table = self.data(CLIPS, shard, _wanted(_CAPTION, columns, always=("clip_id",)))
            if table is None:
                continue
            for name, found in self._beside(shard, columns):
                if found is not None and found.num_columns > 1:
                    table = _join(table, found, name)
            yield table

    def _beside(self, shard: int, columns: Collection[str] | None) -> Iterator[tuple[str | None, pa.Table | None]]:
        """Yield what stages say of a shard's clips: a name where the columns are to be one struct."""
        if columns is None or set(columns) & set(_ABSENT):
            yield None, self.data("combine", shard, ["clip_id", *_ABSENT])
        if "select-clips" in self.stages and (columns is None or set(columns) & set(_DECISION)):
            yield None, self.data("select-clips", shard, ["clip_id", *_DECISION])
        for name in self.stages:
            struct = name.removeprefix(_ANNOTATE).replace("-", "_")
            asked = struct in columns if columns is not None else name.startswith((_ANNOTATE, _SCORE))
            if asked and (name.startswith((_ANNOTATE, _SCORE)) or name in _BESIDE):
                yield struct, self.data(name, shard, None)

    def data(self, stage: str, shard: int, columns: Sequence[str] | None) -> pa.Table | None:
        """Return the rows of a stage's shard, with those of the columns that it holds; None where there is none."""
        if stage not in self.stages:
            return None
        one = self.stages[stage]

        def read(record: Record) -> pa.Table:
            path = self.context.workspace.path(one, record.data)
            held = pq.read_schema(path).names
            return read_table(path, None if columns is None else [name for name in columns if name in held])

        return self.context.workspace.reading(one, shard, read)

    def files(self, stage: str, what: Literal["data", "outcomes"] = "data") -> list[str]:
        """Return the paths of a stage's committed files, by shard; none for a stage that has none."""
        if stage not in self.stages:
            return []
        one, workspace = self.stages[stage], self.context.workspace
        return [str(workspace.path(one, getattr(r, what)).absolute()) for r in workspace.records(one).values()]

    def examples(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Yield the examples of every task as they were written: the right choice stands first."""
        for name, stage in self.stages.items():
            if not name.startswith(_GENERATE):
                continue
            for record in self.context.workspace.records(stage).values():
                path = self.context.workspace.path(stage, record.data)
                held = pq.read_schema(path).names
                yield read_table(path, [column for column in columns if column in held])

    def refusals(self) -> Iterator[Refusal]:
        """Yield the attempts of writers that were not fit."""
        for name, stage in self.stages.items():
            if not name.startswith(_GENERATE):
                continue
            task = name.removeprefix(_GENERATE).replace("-", "_")
            for record in self.context.workspace.records(stage).values():
                path = self.context.workspace.path(stage, record.outcomes)
                for row in read_table(path, ["key", "outcome", "detail"]).to_pylist():
                    final = row["outcome"] != "done"
                    yield from read_attempts(row["key"], task, row["detail"] or "", final=final)

    def statistics(self) -> Statistics | None:
        """Return what the dataset in the workspace holds."""
        folder = self.root / DATASET
        return DatasetLibrary(folder).statistics() if (folder / MANIFEST).is_file() else None

    def media(self, keys: Collection[str]) -> Iterator[tuple[str, Mapping[str, bytes]]]:
        """Yield the files of these clips from the tars of `standardize`."""
        tars: dict[Path, set[str]] = {}
        for key in keys:
            if tar := self.tar_of(key):
                tars.setdefault(tar, set()).add(key)
        for tar, here in sorted(tars.items()):
            for key, files in iterate_clips(tar, lambda key, suffix, here=here: key in here):  # type: ignore[misc]
                if key in here:
                    yield key, files

    def tar_of(self, key: str) -> Path | None:
        """Return the tar that holds a clip's files; None where it has none."""
        stage = self.stages.get("standardize")
        home = self.context.workspace.partition().get(key.rsplit("_", 2)[0])
        record = self.context.workspace.record(stage, home) if stage and home is not None else None
        return self.context.workspace.path(stage, record.tar) if stage and record and record.tar else None


def _wanted(names: Sequence[str], columns: Collection[str] | None, always: Sequence[str]) -> list[str]:
    return [name for name in names if columns is None or name in columns or name in always]


def _join(table: pa.Table, other: pa.Table, struct: str | None) -> pa.Table:
    """Return the table with the other's columns beside, or with one struct of them; null where it has no row."""
    place = {key: index for index, key in enumerate(other["clip_id"].to_pylist())}
    rows = pa.array([place.get(key) for key in table["clip_id"].to_pylist()], pa.int64())
    rest = other.drop_columns(["clip_id"]).combine_chunks()
    if struct is not None:
        return table.append_column(struct, rest.to_struct_array().combine_chunks().take(rows))
    for field in rest.schema:
        if field.name not in table.column_names:
            table = table.append_column(field.with_nullable(True), rest[field.name].combine_chunks().take(rows))
    return table
