"""Repartition stages: a plan over complete upstream stages, then each part built and committed by itself."""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow.parquet as pq

from audsem_data.core.errors import StageError
from audsem_data.core.fingerprint import canonical, digest, identity
from audsem_data.core.layout import Layout, Part, Repartition
from audsem_data.core.record import Record
from audsem_data.core.stage import Stage
from audsem_data.runtime.committing import Whole, commit_whole
from audsem_data.runtime.context import Context
from audsem_data.runtime.history import history
from audsem_data.runtime.staleness import Records
from audsem_data.storage.upstream import WorkspaceUpstream
from audsem_data.storage.verified import Verified
from audsem_data.storage.workspace import folder


def plan_parts(context: Context, stage: Stage, upstream: Records) -> Sequence[Part]:
    """Lay the output out, and freeze the partition where the stage extends it; kept until upstream changes."""
    made_from = _made_from(context, stage, upstream)
    kept = load_plan(context, stage)
    if kept is not None and kept["from"] == made_from:
        return [Part(**part) for part in kept["parts"]]
    repartition: Repartition = stage.open(context.config(stage))
    partition = context.workspace.partition()
    layout: Layout = repartition.plan(_upstream(context), partition)
    if moved := [video for video, shard in partition.items() if layout.partition.get(video) != shard]:
        raise StageError(f"{stage.name} would move {moved[0]} to another shard; a partition only grows")
    if layout.partition != partition:
        context.workspace.save_partition(layout.partition)
    text = canonical({"from": made_from, "parts": [vars(part) for part in layout.parts]})
    context.workspace.location.put(f"{folder(stage)}/plan.json", text)
    return [Part(**part) for part in json.loads(text)["parts"]]  # as every later run will see them


def plan_stands(context: Context, stage: Stage, upstream: Records) -> bool:
    """Say whether the kept plan is still that of what is upstream."""
    kept = load_plan(context, stage)
    return kept is not None and kept["from"] == _made_from(context, stage, upstream)


def _made_from(context: Context, stage: Stage, upstream: Records) -> str:
    seen = {n.stage: {str(k): r.data.sha256 for k, r in upstream[n.stage].items()} for n in stage.needs}
    return digest([identity(stage, context.config(stage)), seen, context.exclude_digest])


def load_plan(context: Context, stage: Stage) -> dict[str, Any] | None:
    """Return the plan as it was last made, or None."""
    try:
        plan = dict(json.loads(context.workspace.location.read(f"{folder(stage)}/plan.json")))
    except (FileNotFoundError, ValueError, TypeError):
        return None  # a plan is made anew from what is upstream
    return plan if plan.keys() == {"from", "parts"} else None


def part_inputs(context: Context, part: Part, upstream: Records) -> dict[str, str]:
    """Return digests of all that a part is made from."""
    inputs = {
        f"{name} {shard}": digest([record.data.sha256, record.tar and record.tar.sha256])
        for name, shards in part.reads.items()
        for shard in shards
        if (record := upstream[name].get(shard))
    }
    inputs["payload"] = digest(part.payload)
    if excluded := sorted(context.excluded & set(part.payload.get("videos", ()))):
        inputs["exclude"] = digest(excluded)
    return inputs


def build_part(context: Context, stage: Stage, part: Part, inputs: Mapping[str, str]) -> Record:
    """Build one part and commit it."""
    started = time.monotonic()
    repartition: Repartition = stage.open(context.config(stage))
    scratch = context.workspace.location.scratch(folder(stage))
    fates = list(repartition.build(part, _upstream(context), scratch))
    rows_out = pq.read_metadata(scratch).num_rows
    return commit_whole(context, stage, part.index, Whole(scratch, rows_out, fates, inputs, started))


def finish_parts(context: Context, stage: Stage, parts: Sequence[Part], records: Mapping[int, Record]) -> None:
    """Let the stage do what follows once all its parts are committed; raises CorruptionError for a damaged one."""
    repartition: Repartition = stage.open(context.config(stage))
    verified, files = Verified(context.root, stage.name), []
    for part in parts:
        data = records[part.index].data
        path = context.workspace.path(stage, data)
        files.append(
            (part, path if verified.sha256(path) == data.sha256 else context.workspace.verify(stage, data))
        )
    verified.save()
    repartition.finish(files, context.root, history(context, stage.name))


def _upstream(context: Context) -> WorkspaceUpstream:
    return WorkspaceUpstream(context.workspace, context.stages, context.excluded)
