"""What a repartition reads: committed, verified shards of other stages."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from audsem_data.core.errors import StageError
from audsem_data.core.record import Record, part_name
from audsem_data.core.stage import Stage
from audsem_data.storage.parquet import read_table
from audsem_data.storage.workspace import Workspace


class WorkspaceUpstream:
    """Committed shards by stage name; a record is read once and a file's SHA-256 checked once."""

    def __init__(self, workspace: Workspace, stages: Mapping[str, Stage], excluded: frozenset[str]) -> None:
        self._workspace, self._stages, self._excluded = workspace, stages, excluded
        self._records: dict[tuple[str, int], Record] = {}
        self._verified: set[Path] = set()

    def shards(self, stage: str) -> Sequence[int]:
        """Return the committed shard indices of a stage, ascending; none for a stage that the recipe lacks."""
        return self._workspace.shards(self._stages[stage]) if stage in self._stages else []

    def table(self, stage: str, shard: int, columns: Sequence[str] | None = None) -> pa.Table:
        """Return the rows of a shard in key order."""
        return read_table(self._path(stage, shard, "data"), columns)

    def tar(self, stage: str, shard: int) -> Path:
        """Return the tar of a shard."""
        return self._path(stage, shard, "tar")

    def excluded(self, video_id: str) -> bool:
        """Say whether exclude.txt names this video."""
        return video_id in self._excluded

    def _path(self, stage: str, shard: int, what: str) -> Path:
        entry = getattr(self._record(stage, shard), what)
        if entry is None:
            raise StageError(f"{stage}, {part_name(shard)} has no {what} file")
        path = self._workspace.path(self._stages[stage], entry)
        if path not in self._verified:
            self._workspace.verify(self._stages[stage], entry)
            self._verified.add(path)
        return path

    def _record(self, stage: str, shard: int) -> Record:
        key = (stage, shard)
        if key not in self._records:
            record = self._workspace.record(self._stages[stage], shard)
            if record is None:
                raise StageError(f"{stage} has no {part_name(shard)}; run `audsem-data {stage}` again")
            self._records[key] = record
        return self._records[key]
