"""The funnel as data: every reason for which rows were left out, from the first line to the last example."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from audsem_data.core.layout import StageHistory
from audsem_data.core.schema import Column
from audsem_data.core.stage import Filter
from audsem_data.runtime.discovery import load_stages
from audsem_data.storage.location import storage_errors
from audsem_data.storage.parquet import write_rows

COLUMNS = (
    Column("stage", pa.string(), "the stage, in running order"),
    Column(
        "outcome", pa.string(), "done, filtered, failed_transient, failed_permanent; or not_kept by select-clips"
    ),
    Column("reason", pa.string(), "why, or by which rule the row was let in", nullable=True),
    Column("rows", pa.int64(), "input rows of the stage with that fate; for not_kept, clips"),
    Column("rows_in", pa.int64(), "input rows of the stage"),
    Column("meaning", pa.string(), "what the reason means", nullable=True),
)


def funnel_rows(history: Sequence[StageHistory], not_kept: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return a row for every fate that rows of every stage had; `not_kept` are the reasons of `select-clips`."""
    meanings = reason_meanings()
    rows = []
    for stage in history:
        decided = {f"not_kept:{reason}": count for reason, count in sorted(not_kept.items())}
        for name, count in {**stage.counts, **(decided if stage.stage == "select-clips" else {})}.items():
            outcome, _, reason = name.partition(":")
            rows.append(
                {
                    "stage": stage.stage,
                    "outcome": outcome,
                    "reason": reason or None,
                    "rows": count,
                    "rows_in": stage.rows_in,
                    "meaning": meanings.get((stage.stage, reason)),
                }
            )
    return rows


def reason_meanings() -> dict[tuple[str, str], str]:
    """Return what each reason of each stage means, the filters' of `select-clips` included."""
    stages = load_stages()
    found = {
        (stage.name, value): reason.doc for stage in stages.values() for value, reason in stage.all_reasons.items()
    }
    filters: list[Filter] = [stage.filter for stage in stages.values() if stage.filter]
    return found | {("select-clips", one.reason): one.doc for one in filters}


def write_funnel(folder: Path, rows: Sequence[dict[str, Any]]) -> list[Path]:
    """Write funnel.json and funnel.parquet; returns their paths."""
    text, table = folder / "funnel.json", folder / "funnel.parquet"
    with storage_errors(text):
        text.write_text(json.dumps(list(rows), indent=1) + "\n", encoding="utf-8")
    write_rows(table, COLUMNS, rows)
    return [text, table]
