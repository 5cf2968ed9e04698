"""Commit made-up rows of a stage, as the stage would."""

from collections.abc import Mapping, Sequence
from typing import Any

from audsem_data.core.outcome import OUTCOME_COLUMNS, Done, outcome_row
from audsem_data.core.record import Record
from audsem_data.core.stage import Stage
from audsem_data.runtime.context import Context
from audsem_data.storage.parquet import write_rows


def commit_rows(context: Context, stage: Stage, rows: Sequence[Mapping[str, Any]], shard: int = 0) -> None:
    """Commit rows, in key order, as a shard of a stage."""
    workspace, key = context.workspace, stage.key.name
    folder = context.root / f"{stage.name}/v{stage.version}"
    folder.mkdir(parents=True, exist_ok=True)
    write_rows(folder / ".data", stage.columns, rows)
    write_rows(folder / ".fates", OUTCOME_COLUMNS, [outcome_row(row[key], Done([row]), 1, "") for row in rows])
    data = workspace.publish(stage, folder / ".data", "part", shard, "parquet")
    fates = workspace.publish(stage, folder / ".fates", "outcomes", shard, "parquet")
    counted = (len(rows), len(rows), {"done": len(rows)})
    workspace.commit(stage, Record(stage.name, stage.version, shard, "", {}, data, fates, None, *counted, {}), None)
