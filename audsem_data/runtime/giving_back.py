"""Giving back what lies on shelves: raw media, once the stage that needed them has committed its rows."""

from audsem_data.core.outcome import Status
from audsem_data.core.stage import Stage
from audsem_data.runtime.context import Context
from audsem_data.storage.parquet import read_table


def give_back(context: Context, stage: Stage, shard: int) -> int:
    """Delete the shelved files that a committed shard of a stage has used up; returns the bytes freed.

    What rows need that failed transiently stays, for they are tried again. The spool of the stage that shelved
    the files goes too: it would vouch for files that are no longer there.
    """
    freed = 0
    for need in stage.needs:
        upstream = context.stages.get(need.stage)
        if not need.frees or upstream is None or getattr(context.config(upstream), "keep", False):
            continue
        workspace = context.workspace
        ours, theirs = workspace.record(stage, shard), workspace.record(upstream, shard)
        if ours is None or theirs is None:
            continue
        fates = read_table(workspace.path(stage, ours.outcomes), ["key", "outcome"]).to_pylist()
        fate = {row["key"]: row["outcome"] for row in fates}
        rows = read_table(workspace.path(upstream, theirs.data), [upstream.key.name, *need.locators]).to_pylist()
        names: dict[str, bool] = {}
        for row in rows:
            used = fate.get(row[upstream.key.name], Status.FAILED_TRANSIENT) != Status.FAILED_TRANSIENT
            for column in need.locators:
                names[row[column]] = names.get(row[column], True) and used
        shelf = workspace.shelf(upstream, shard)
        freed += shelf.give_back([name for name, used in names.items() if used])
        if all(names.values()):
            freed += shelf.give_back(shelf.spooled())
    return freed
