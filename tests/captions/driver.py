"""The path from sources to clips without the runner: every stage called directly, tables held in memory."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from audsem_data.core.keys import sort_key
from audsem_data.core.layout import Unit
from audsem_data.core.outcome import Done, Outcome
from audsem_data.core.stage import Item, Stage
from audsem_data.stages.ingest.ingest import open_ingest
from audsem_data.storage.parquet import to_table

Rows = list[dict[str, Any]]
Ingest = Callable[..., dict[str, Outcome]]
Select = Callable[..., Rows]


class Tables:
    """An upstream over tables in memory."""

    def __init__(self, stages: Mapping[str, Sequence[pa.Table]], excluded: frozenset[str] = frozenset()) -> None:
        self._stages, self._excluded = stages, excluded
        self.reads: list[tuple[str, int, tuple[str, ...] | None]] = []

    def shards(self, stage: str) -> Sequence[int]:
        return range(len(self._stages.get(stage, ())))

    def table(self, stage: str, shard: int, columns: Sequence[str] | None = None) -> pa.Table:
        self.reads.append((stage, shard, tuple(columns) if columns else None))
        table = self._stages[stage][shard]
        return table.select(list(columns)) if columns else table

    def tar(self, stage: str, shard: int) -> Path:
        raise AssertionError(f"{stage} has no media, and nobody should ask for part {shard}")

    def excluded(self, video_id: str) -> bool:
        return video_id in self._excluded


def open_stage(stage: Stage, **options: Any) -> Any:
    return stage.open(stage.options(options))


def run_map(stage: Stage, table: pa.Table, **options: Any) -> tuple[pa.Table, dict[str, Outcome]]:
    """Run a map stage over the rows of a table, through the declared schemas."""
    rows = table.to_pylist()
    key = stage.key.name
    items = [Item(row[key], row, {}, {}) for row in rows]
    outcomes = dict(zip((item.key for item in items), open_stage(stage, **options)(items), strict=True))
    made = [{key: name, **row} for name, outcome in outcomes.items() for row in outcome.rows]
    return to_table(stage.columns, made), outcomes


def ingest_table(sources: Sequence[Path], **options: Any) -> tuple[pa.Table, dict[str, Outcome]]:
    source = open_stage(open_ingest, **options)
    units: list[Unit] = sorted(
        source.discover([str(path) for path in sources], {}), key=lambda unit: sort_key(unit.name)
    )
    assert len({unit.name for unit in units}) == len(units)
    outcomes: dict[str, Outcome] = {}
    tables = [to_table(open_ingest.columns, [])]
    for unit in units:
        for found in source.read(unit):
            if isinstance(found, pa.Table):
                tables.append(found)
            else:
                assert found[0] not in outcomes
                outcomes[found[0]] = found[1]
    table = pa.concat_tables(tables).sort_by("cue_id")
    by_track: dict[str, list[dict[str, Any]]] = {}
    for row in table.to_pylist():
        by_track.setdefault(f"{row['video_id']}/{row['track']}", []).append(row)
    for key, rows in by_track.items():
        done = outcomes[key]
        assert isinstance(done, Done)
        outcomes[key] = replace(done, rows=rows)
    return table, outcomes
