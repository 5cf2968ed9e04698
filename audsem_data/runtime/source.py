"""Source stages: units of the outside world are packed into shards once, and every shard is read whole."""

import gc
import json
import time
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any, NamedTuple

import pyarrow as pa

from audsem_data.core.errors import CorruptionError, StageError, UsageError
from audsem_data.core.fingerprint import canonical, digest
from audsem_data.core.keys import parse_clip_id, sort_key
from audsem_data.core.layout import Source, Unit
from audsem_data.core.outcome import Outcome
from audsem_data.core.record import Record
from audsem_data.core.stage import Stage
from audsem_data.runtime.committing import Whole, commit_whole, refuse_twice
from audsem_data.runtime.context import Context
from audsem_data.runtime.spooled import restore_outcome
from audsem_data.runtime.staleness import asked_for, cooled_down
from audsem_data.storage.parquet import read_table, to_table, write_table
from audsem_data.storage.workspace import folder

Packed = list[list[Unit]]


def packed_units(context: Context, stage: Stage) -> Packed:
    """Discover the units of the recipe's sources and return them by shard, having frozen where each stands.

    A unit stays in the shard where it was first packed; new units go to new shards. So a killed run goes on
    with the very shards that it began, and a source that grows redoes nothing.
    """
    packed, before = discover_units(context, stage)
    if packed != before:
        value = [[vars(unit) for unit in shard] for shard in packed]
        context.workspace.location.put(f"{folder(stage)}/units.json", canonical(value))
    return packed


def discover_units(context: Context, stage: Stage) -> tuple[Packed, Packed]:
    """Return the units by shard as they would be packed now, and as they were packed before."""
    if not context.recipe.sources:
        raise UsageError(f"{stage.name} has nothing to read; say where with --source DIR_OR_FILE")
    config: Any = context.config(stage)
    source: Source = stage.open(config)
    before = load_units(context, stage)
    known = {unit.name: unit.payload for shard in before for unit in shard}
    units = list(source.discover(context.recipe.sources, known))
    found = {unit.name: unit for unit in units}
    if len(found) < len(units):
        raise StageError(f"{stage.name} found two units of one name among {len(units)}")
    packed = [[found.pop(unit.name, unit) for unit in shard] for shard in before]
    size = 0
    for index, unit in enumerate(sorted(found.values(), key=lambda unit: sort_key(unit.name))):
        full = index == 0 or len(packed[-1]) >= config.shard_units or size + unit.size > config.shard_bytes
        if full:
            packed.append([])
            size = 0
        packed[-1].append(unit)
        size += unit.size
    return packed, before


def load_units(context: Context, stage: Stage) -> Packed:
    """Return the units as they were last packed; empty before the first run."""
    name = f"{folder(stage)}/units.json"
    try:
        raw = json.loads(context.workspace.location.read(name))
        return [[Unit(**unit) for unit in shard] for shard in raw]
    except FileNotFoundError:
        return []
    except (ValueError, TypeError) as error:
        raise CorruptionError(
            f"{context.root / name} is damaged ({error}); run `audsem-data invalidate {stage.name}`"
        ) from error


def drop_damaged_units(context: Context, stage: Stage) -> None:
    """Forget a packing that cannot be read; only when the stage's records are gone too."""
    try:
        load_units(context, stage)
    except CorruptionError:
        context.workspace.location.delete(f"{folder(stage)}/units.json")


def source_inputs(context: Context, units: Sequence[Unit]) -> dict[str, str]:
    """Return the digest of what a source's shard is made from."""
    inputs = {"units": digest([[unit.name, unit.signature] for unit in units])}
    if context.exclude_digest:
        inputs["exclude"] = context.exclude_digest
    return inputs


def read_units(context: Context, stage: Stage, shard: int, units: Sequence[Unit]) -> Record:
    """Read the units of a shard and commit it; videos that exclude.txt names leave no rows and no outcomes."""
    started = time.monotonic()
    inputs = source_inputs(context, units)
    # What was fetched of a video that was taken down is no longer there to be read.
    wanted = [unit for unit in units if unit.payload.get("video_id") not in context.excluded]
    found = _committed(context, stage, shard, inputs) or gather(stage, stage.open(context.config(stage)), wanted)
    fates = [(key, outcome) for key, outcome in found.fates if _video(key) not in context.excluded]
    gone = found.gone | {_video(key) for key, _ in found.fates} & context.excluded
    rows = _without(found.rows, stage.key.name, context.excluded).sort_by(stage.key.name)
    refuse_twice(stage, shard, "rows", rows[stage.key.name].to_pylist())
    scratch = context.workspace.location.scratch(folder(stage))
    count = write_table(scratch, stage.columns, rows)
    whole = Whole(scratch, count, fates, inputs, started, {"excluded": sorted(gone)})
    return commit_whole(context, stage, shard, whole)


class Found(NamedTuple):
    """What units held."""

    fates: list[tuple[str, Outcome]]
    rows: pa.Table
    gone: Set[str]  # videos that an earlier commit has left out


def gather(stage: Stage, source: Source, units: Iterable[Unit]) -> Found:
    """Read units to the end: the outcomes of their tracks, and all rows, in no order.

    The garbage collector waits meanwhile: of the millions of outcomes of a dump it would find none to free.
    """
    fates: list[tuple[str, Outcome]] = []
    tables: list[pa.Table] = []
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        for unit in units:
            for found in source.read(unit):
                tables.append(found) if isinstance(found, pa.Table) else fates.append(found)
    finally:
        if was_enabled:
            gc.enable()
    tables.append(to_table(stage.columns, [row for _, outcome in fates for row in outcome.rows]))
    return Found(fates, pa.concat_tables(tables), frozenset())


def _without(rows: pa.Table, key: str, excluded: Set[str]) -> pa.Table:
    """Return the rows of videos that are not excluded."""
    if not excluded:
        return rows
    kept = [parse_clip_id(one).video_id not in excluded for one in rows[key].to_pylist()]
    return rows.filter(pa.array(kept, pa.bool_()))


def _committed(context: Context, stage: Stage, shard: int, inputs: Mapping[str, str]) -> Found | None:
    """Return what an earlier commit holds, if it differs from what is wanted by further exclusions alone."""
    record = context.workspace.record(stage, shard)
    if record is None or record.inputs.get("units") != inputs["units"]:
        return None
    if asked_for(record, context.options.redo) or cooled_down(stage, record):
        return None  # tracks that failed are to be read again
    gone = frozenset(record.extra.get("excluded", ()))
    if not gone <= context.excluded:
        return None
    outcomes = read_table(context.workspace.verify(stage, record.outcomes)).to_pylist()
    fates = [(r["key"], restore_outcome(stage, r["outcome"], r["reason"], r["detail"] or "")) for r in outcomes]
    rows = read_table(context.workspace.verify(stage, record.data))
    return Found(fates, rows, gone)


def _video(track_key: str) -> str:
    return track_key.rpartition("/")[0]
