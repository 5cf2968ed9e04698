"""Taking videos down: never used again, and gone from what was kept of them beside the shards."""

import shutil
from collections.abc import Sequence

from audsem_data.core.keys import escape_video_id, parse_clip_id
from audsem_data.core.stage import Stage
from audsem_data.publish.tombstones import add_tombstones
from audsem_data.runtime.context import Context
from audsem_data.storage.parquet import read_table

EXCLUDE = "exclude.txt"


def take_down(context: Context, videos: Sequence[str]) -> int:
    """List videos in exclude.txt and removed.jsonl, and delete the spools of shards that hold them.

    Returns how many spools were deleted. Shards and the dataset lose the videos when the stages run next: every run
    leaves out what exclude.txt names.
    """
    wanted = {escape_video_id(video) for video in videos}
    location = context.workspace.location
    before = location.read(EXCLUDE).decode("utf-8-sig") if (context.root / EXCLUDE).is_file() else ""
    new = sorted(wanted - context.excluded)
    if new:
        start = before if not before or before.endswith("\n") else f"{before}\n"
        location.put(EXCLUDE, (start + "".join(f"{video}\n" for video in new)).encode())
    add_tombstones(context.root, sorted(wanted))
    stages = [stage for stage in context.stages.values() if stage.spooled or stage.remembers]
    return sum(
        _purge(context, stage, shard, wanted) for stage in stages for shard in context.workspace.spools(stage)
    )


def _purge(context: Context, stage: Stage, shard: int, videos: set[str]) -> bool:
    """Delete a shard's spool if it may hold these videos: its entries do not say whose they are, so that all go.

    What lies on its shelf goes too; of a committed shard, whose rows say whose it is, only what is of these videos.
    """
    workspace = context.workspace
    record = workspace.record(stage, shard)
    if record is None:
        shutil.rmtree(workspace.spool(stage, shard))
        return True
    keys = read_table(workspace.path(stage, record.outcomes), ["key"])["key"].to_pylist()
    if not any(parse_clip_id(key).video_id in videos for key in keys):
        return False
    shelf = workspace.shelf(stage, shard)
    shelf.give_back(shelf.spooled())
    if stage.shelves:
        rows = read_table(workspace.path(stage, record.data), ["video_id", "segment"]).to_pylist()
        shelf.give_back({row["segment"] for row in rows if row["video_id"] in videos})
    return True
