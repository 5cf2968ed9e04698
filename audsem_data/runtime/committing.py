"""Committing a shard that was written whole: by a source, or by a repartition."""

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from audsem_data.core.errors import StageError
from audsem_data.core.fingerprint import digest, identity
from audsem_data.core.keys import sort_key
from audsem_data.core.outcome import OUTCOME_COLUMNS, Outcome
from audsem_data.core.record import Record, part_name
from audsem_data.core.stage import Stage
from audsem_data.runtime.context import Context
from audsem_data.storage.parquet import write_rows
from audsem_data.storage.workspace import folder

Fates = Iterable[tuple[str, Outcome]]


def commit_whole(  # noqa: PLR0913  (a commit: all of these go into the record)
    context: Context,
    stage: Stage,
    shard: int,
    data: Path,
    rows_out: int,
    fates: Fates,
    inputs: Mapping[str, str],
    started: float,
) -> Record:
    """Publish the written data file and the outcomes of the rows that it was made from; replace the record."""
    content = digest(dict(inputs))
    rows = [
        {
            "key": key,
            "outcome": outcome.status,
            "reason": outcome.reason,
            "detail": outcome.detail or None,
            "attempts": 1,
            "input_digest": content,
        }
        for key, outcome in sorted(fates, key=lambda fate: sort_key(fate[0]))
    ]
    twice = [key for key, n in Counter(row["key"] for row in rows).items() if n > 1]
    if twice:
        raise StageError(f"{stage.name}, {part_name(shard)}: {twice[0]} has two outcomes")
    workspace = context.workspace
    scratch = workspace.location.scratch(folder(stage))
    write_rows(scratch, OUTCOME_COLUMNS, rows)
    counts = Counter(f"{r['outcome']}:{r['reason']}" if r["reason"] else r["outcome"] for r in rows)
    wanted = identity(stage, context.config(stage))
    record = Record(
        stage=stage.name,
        version=stage.version,
        shard=shard,
        fingerprint=digest(wanted),
        identity=wanted,
        data=workspace.publish(stage, data, "part", shard, "parquet"),
        outcomes=workspace.publish(stage, scratch, "outcomes", shard, "parquet"),
        tar=None,
        rows_in=len(rows),
        rows_out=rows_out,
        counts={str(name): count for name, count in sorted(counts.items())},
        inputs=dict(inputs),
        seconds=round(time.monotonic() - started, 3),
        run=context.run,
        attempted_at=time.time(),
    )
    workspace.commit(stage, record, workspace.record(stage, shard))
    return record
