"""Forgetting, checking and giving back: what a person does to a workspace between runs."""

import shutil
from pathlib import Path

from audsem_data.core.errors import UsageError
from audsem_data.core.record import part_name
from audsem_data.core.stage import Stage
from audsem_data.runtime.context import Context
from audsem_data.runtime.giving_back import give_back
from audsem_data.runtime.source import drop_damaged_units
from audsem_data.storage.lock import stage_lock
from audsem_data.storage.workspace import folder, is_record


def invalidate(context: Context, stage: Stage, shard: int | None = None) -> int:
    """Forget a stage's records, or one shard's, under its lock; returns how many.

    Works on damaged records too: it never reads them. The frozen packing of sources stays, unless it is
    damaged itself. Raises UsageError where there is no such shard.
    """
    workspace = context.workspace
    with stage_lock(workspace.lock(stage), stage.name):
        names = [name for name in workspace.location.sizes(folder(stage)) if is_record(name)]
        if shard is not None:
            if f"{part_name(shard)}.json" not in names:
                known = [int(name.removeprefix("part-").removesuffix(".json")) for name in sorted(names)]
                of = f"0 to {known[-1]}" if len(known) > 1 and known == list(range(len(known))) else known or "none"
                raise UsageError(f"{stage.name} has no shard {shard}; its shards: {of}")
            names = [f"{part_name(shard)}.json"]
        for name in [*names, *(("state.json", "plan.json") if shard is None else ())]:
            workspace.location.delete(f"{folder(stage)}/{name}")
        if shard is None:
            drop_damaged_units(context, stage)
    return len(names)


def forget_all(context: Context, stage: Stage) -> None:
    """Forget a stage's records and delete its files: what it made must not stay until it is made anew."""
    invalidate(context, stage)
    with stage_lock(context.workspace.lock(stage), stage.name):
        context.workspace.sweep(stage, {})


def verify(context: Context, stage: Stage) -> int:
    """Compare every byte of a stage with its records; returns how many files; raises CorruptionError."""
    checked = 0
    for record in context.workspace.records(stage).values():
        for entry in record.files:
            context.workspace.verify(stage, entry)
            checked += 1
    return checked


def clean(context: Context, spool: bool = False) -> int:
    """Delete what no record names, raw media that were used up, older versions of stages and, if asked, spools.

    Returns the bytes freed.
    """
    workspace, freed = context.workspace, 0
    for stage in context.stages.values():
        with stage_lock(workspace.lock(stage), stage.name):
            here = workspace.location.local(stage.name)
            before = _size(here)
            workspace.sweep(stage, workspace.records(stage))
            for other in here.glob("v*"):
                if other.name != f"v{stage.version}":
                    shutil.rmtree(other)
            freed += before - _size(here)
            freed += sum(give_back(context, stage, shard) for shard in workspace.shards(stage))
            cache = workspace.location.local(f"cache/{stage.name}")
            if spool and cache.is_dir():
                freed += _size(cache)
                shutil.rmtree(cache)
    return freed


def _size(path: Path) -> int:
    return sum(entry.stat().st_size for entry in path.rglob("*") if entry.is_file())
