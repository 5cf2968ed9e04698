"""What a run would do: shards left per stage, rows, bytes to come against free disk, and the price of audio."""

import shutil
from dataclasses import dataclass

from audsem_data.core.record import Record
from audsem_data.core.stage import Kind, Stage
from audsem_data.runtime.context import Context
from audsem_data.runtime.ledger import Ledger
from audsem_data.runtime.pending import pending_tasks, source_tasks
from audsem_data.runtime.repartition import plan_stands
from audsem_data.runtime.source import discover_units
from audsem_data.runtime.state import is_stale, load_state


@dataclass(frozen=True)
class Forecast:
    """A stage's plan; estimates are None where nothing has been made yet to judge by."""

    stage: str
    done: int
    pending: int | None
    why: str
    rows: int
    bytes_to_come: int | None
    seconds_to_come: float | None


def forecast(context: Context) -> list[Forecast]:
    """Return what is left for each stage; reads records only, and changes nothing."""
    ledger = Ledger(context)
    behind: set[str] = set()
    found = []
    for stage in context.stages.values():
        pending, why = _pending(context, ledger, stage, bool(behind & ledger.upstream(stage).keys()))
        if pending != 0:
            behind.add(stage.name)
        found.append(_estimate(stage.name, list(ledger.of(stage).values()), pending, why))
    return found


def free_bytes(context: Context) -> int:
    """Return the free space of the disk that holds the workspace, or will."""
    root = context.root.absolute()
    return shutil.disk_usage(next(path for path in (root, *root.parents) if path.is_dir())).free


def _pending(context: Context, ledger: Ledger, stage: Stage, behind: bool) -> tuple[int | None, str]:
    if stage.kind is Kind.SOURCE:
        packed, before = discover_units(context, stage)
        new = sum(len(shard) for shard in packed) - sum(len(shard) for shard in before)
        return len(source_tasks(ledger, stage, packed)), f"{new} new units" if new else ""
    if stage.kind is Kind.REPARTITION and (behind or not plan_stands(context, stage, ledger.upstream(stage))):
        return None, "laid out once the stages before it are done"
    tasks = len(pending_tasks(ledger, [stage]))
    kept = load_state(context, stage) if stage.kind is Kind.CORPUS else None
    if kept and is_stale(kept, primary := ledger.primary(stage)):
        if stage.renews:
            return len(primary), "rows joined: they are compared with the others"
        return tasks, "its corpus state is older than its rows; `invalidate` makes it anew"
    if behind and not tasks:
        return None, "waits for the stages before it"
    return tasks, ""


def _estimate(name: str, records: list[Record], pending: int | None, why: str) -> Forecast:
    rows = sum(record.rows_out for record in records)
    if not records or pending is None:
        return Forecast(name, len(records), pending, why, rows, None, None)
    size = sum(entry.bytes for record in records for entry in record.files)
    seconds = sum(record.seconds for record in records)
    share = pending / len(records)
    return Forecast(name, len(records), pending, why, rows, int(size * share), round(seconds * share, 1))
