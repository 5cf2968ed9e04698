"""How much lies on a stage's shelves now, and how much a shard will put there at a time."""

from dataclasses import dataclass

from audsem_data.core.stage import Stage
from audsem_data.runtime.context import Context
from audsem_data.storage.parquet import read_table

_JUDGED_BY = 8  # shards


@dataclass(frozen=True)
class Shelved:
    """Bytes on the shelves of a stage now; of a typical shard, None before one was made."""

    stage: str
    held: int
    shard: int | None


def shelved(context: Context) -> list[Shelved]:
    """Return what the stages that shelve files hold."""
    return [_of(context, stage) for stage in context.stages.values() if stage.shelves]


def _of(context: Context, stage: Stage) -> Shelved:
    workspace = context.workspace
    held = sum(workspace.shelf(stage, shard).size() for shard in workspace.spools(stage))
    sizes = []
    for shard in workspace.shards(stage)[:_JUDGED_BY]:
        if record := workspace.record(stage, shard):
            table = read_table(workspace.path(stage, record.data), ["segment", "segment_bytes"]).to_pylist()
            sizes.append(sum({row["segment"]: row["segment_bytes"] for row in table}.values()))
    return Shelved(stage.name, held, sum(sizes) // len(sizes) if sizes else None)
