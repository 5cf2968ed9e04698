"""Committing a shard that was written whole: by a source, or by a repartition."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from audsem_data.core.errors import StageError
from audsem_data.core.fingerprint import digest, identity
from audsem_data.core.keys import sort_key
from audsem_data.core.outcome import OUTCOME_COLUMNS, Outcome, count_outcomes, outcome_row
from audsem_data.core.record import Record, part_name
from audsem_data.core.stage import Stage
from audsem_data.runtime.context import Context
from audsem_data.storage.parquet import write_rows
from audsem_data.storage.workspace import folder


@dataclass(frozen=True)
class Whole:
    """A shard that was written: its scratch file, the fates of the rows read, and what it was made from."""

    data: Path
    rows_out: int
    fates: Iterable[tuple[str, Outcome]]
    inputs: Mapping[str, str]
    started: float
    extra: Mapping[str, Any] = field(default_factory=dict)


def refuse_twice(stage: Stage, shard: int, what: str, keys: Sequence[str]) -> None:
    """Raise StageError when a key stands twice among these, which ascend."""
    for key, following in pairwise(keys):
        if key == following:
            raise StageError(f"{stage.name}, {part_name(shard)}: {key} has two {what}")


def commit_whole(context: Context, stage: Stage, shard: int, whole: Whole) -> Record:
    """Publish the written data file and the outcomes of the rows that it was made from; replace the record."""
    content = digest(dict(whole.inputs))
    fates = sorted(whole.fates, key=lambda fate: sort_key(fate[0]))
    rows = [outcome_row(key, outcome, 1, content) for key, outcome in fates]
    refuse_twice(stage, shard, "outcomes", [row["key"] for row in rows])
    workspace = context.workspace
    scratch = workspace.location.scratch(folder(stage))
    write_rows(scratch, OUTCOME_COLUMNS, rows)
    wanted = identity(stage, context.config(stage))
    record = Record(
        stage=stage.name,
        version=stage.version,
        shard=shard,
        fingerprint=digest(wanted),
        identity=wanted,
        data=workspace.publish(stage, whole.data, "part", shard, "parquet"),
        outcomes=workspace.publish(stage, scratch, "outcomes", shard, "parquet"),
        tar=None,
        rows_in=len(rows),
        rows_out=whole.rows_out,
        counts=count_outcomes(rows),
        inputs=dict(whole.inputs),
        seconds=round(time.monotonic() - whole.started, 3),
        run=context.run,
        attempted_at=time.time(),
        extra=dict(whole.extra),
    )
    workspace.commit(stage, record, workspace.record(stage, shard))
    return record
