"""Source stages: units of the outside world are packed into shards once, and every shard is read whole."""

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from audsem_data.core.errors import CorruptionError, UsageError
from audsem_data.core.fingerprint import canonical, digest
from audsem_data.core.keys import sort_key
from audsem_data.core.layout import Source, Unit
from audsem_data.core.outcome import Outcome
from audsem_data.core.record import Record
from audsem_data.core.stage import Stage
from audsem_data.runtime.committing import commit_whole
from audsem_data.runtime.context import Context
from audsem_data.storage.parquet import write_rows
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
    found = {unit.name: unit for unit in source.discover(context.recipe.sources)}
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
    except FileNotFoundError:
        return []
    except ValueError as error:
        raise CorruptionError(
            f"{context.root / name} is damaged ({error}); run `audsem-data invalidate {stage.name}`"
        ) from error
    return [[Unit(**unit) for unit in shard] for shard in raw]


def source_inputs(context: Context, units: Sequence[Unit]) -> dict[str, str]:
    """Return the digest of what a source's shard is made from."""
    inputs = {"units": digest([[unit.name, unit.signature] for unit in units])}
    if context.excluded:
        inputs["exclude"] = digest(sorted(context.excluded))
    return inputs


def read_units(context: Context, stage: Stage, shard: int, units: Iterable[Unit]) -> Record:
    """Read the units of a shard and commit it; videos that exclude.txt names leave no rows and no outcomes."""
    started = time.monotonic()
    source: Source = stage.open(context.config(stage))
    units = list(units)
    fates: list[tuple[str, Outcome]] = []
    rows: list[Mapping[str, Any]] = []
    for unit in units:
        for key, outcome in source.read(unit):
            if key.rpartition("/")[0] not in context.excluded:
                fates.append((key, outcome))
                rows.extend(outcome.rows)
    rows.sort(key=lambda row: sort_key(row[stage.key.name]))
    scratch = context.workspace.location.scratch(folder(stage))
    count = write_rows(scratch, stage.columns, rows)
    inputs = source_inputs(context, units)
    return commit_whole(context, stage, shard, scratch, count, fates, inputs, started)
