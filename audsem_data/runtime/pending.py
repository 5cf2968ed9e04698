"""What is left to do for a stage: the tasks that would bring its shards up to date with recipe and upstream."""

from collections.abc import Mapping, Sequence

from audsem_data.core.layout import Part
from audsem_data.core.stage import Kind, Stage
from audsem_data.runtime.ledger import Ledger
from audsem_data.runtime.repartition import part_inputs, plan_parts
from audsem_data.runtime.source import Packed, load_units, packed_units, source_inputs
from audsem_data.runtime.staleness import Records, asked_for, cooled_down, map_inputs
from audsem_data.runtime.tasks import MapTask, PartTask, SourceTask, Task


def pending_tasks(ledger: Ledger, stages: Sequence[Stage]) -> list[Task]:
    """Return the tasks of one stage, or of a group of map stages; reads records, never data, when all stands."""
    context = ledger.context
    if stages[0].kind is Kind.SOURCE:
        units = load_units if context.options.committed_only else packed_units
        return source_tasks(ledger, stages[0], units(context, stages[0]))
    if stages[0].kind is Kind.REPARTITION:
        return _part_tasks(ledger, stages[0], plan_parts(context, stages[0], ledger.upstream(stages[0])))
    return _map_tasks(ledger, stages)


def source_tasks(ledger: Ledger, stage: Stage, packed: Packed) -> list[Task]:
    """Return the shards of a source that are new or whose units changed."""
    tasks: list[Task] = []
    for shard, units in enumerate(packed):
        if not _stands(ledger, stage, shard, source_inputs(ledger.context, units)):
            tasks.append(SourceTask(stage.name, shard, tuple(units)))
    return tasks


def _part_tasks(ledger: Ledger, stage: Stage, parts: Sequence[Part]) -> list[Task]:
    upstream = ledger.upstream(stage)
    tasks: list[Task] = []
    for part in parts:
        inputs = part_inputs(ledger.context, part, upstream)
        if not _stands(ledger, stage, part.index, inputs):
            tasks.append(PartTask(stage.name, part, inputs))
    return tasks


def _map_tasks(ledger: Ledger, stages: Sequence[Stage]) -> list[Task]:
    upstream = {stage.name: ledger.upstream(stage) for stage in stages}
    tasks = (_map_task(ledger, stages, shard, upstream) for shard in ledger.primary(stages[0]))
    return [task for task in tasks if task]


def map_task(ledger: Ledger, stages: Sequence[Stage], shard: int) -> MapTask | None:
    """Return what is left to do for map stages on one shard."""
    return _map_task(ledger, stages, shard, {stage.name: ledger.upstream(stage) for stage in stages})


def _map_task(
    ledger: Ledger, stages: Sequence[Stage], shard: int, upstream: Mapping[str, Records]
) -> MapTask | None:
    wanted: dict[str, Mapping[str, str]] = {}
    for stage in stages:
        if _waits_for_files(ledger, stage, shard):
            continue
        inputs = map_inputs(ledger.context, stage, shard, upstream[stage.name])
        if not _stands(ledger, stage, shard, inputs):
            wanted[stage.name] = inputs
    return MapTask(shard, wanted) if wanted else None


def _waits_for_files(ledger: Ledger, stage: Stage, shard: int) -> bool:
    """Say whether the stage that shelves what this one uses up has not come to the shard yet."""
    known = ledger.context.stages
    shelving = [known[need.stage] for need in stage.needs if need.frees and need.stage in known]
    return any(shard not in ledger.of(one) for one in shelving)


def _stands(ledger: Ledger, stage: Stage, shard: int, inputs: Mapping[str, str]) -> bool:
    record = ledger.of(stage).get(shard)
    if record is None:
        return ledger.context.options.committed_only and stage.kind is not Kind.REPARTITION
    if dict(record.inputs) != dict(inputs):
        return False
    return not (asked_for(record, ledger.context.options.redo) or cooled_down(stage, record))
