"""The life of one clip or cue: what each stage made of it, or where and why it went."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc

from audsem_data.core.errors import UsageError
from audsem_data.core.keys import ClipInterval, clip_id, parse_clip_id
from audsem_data.core.record import Record, part_name
from audsem_data.core.stage import Kind, Stage
from audsem_data.runtime.context import Context
from audsem_data.storage.parquet import read_table


@dataclass(frozen=True)
class Event:
    """What one stage made of one row: its fate, and the values that came out."""

    stage: str
    shard: str
    key: str
    outcome: str
    reason: str | None
    detail: str | None
    values: Sequence[dict[str, Any]]


def explain(context: Context, key: str) -> list[Event]:
    """Return the events of a clip, in running order; raises UsageError for an id of which nothing is known.

    `key` is a clip id, or a longer id that begins with one (a cue, an example). A cue without brackets leaves
    no row: for it, what is known of its track is returned.
    """
    interval = parse_clip_id(key)
    prefix = clip_id(*interval)
    events = [event for stage in context.stages.values() for event in _of_stage(context, stage, prefix, interval)]
    if not events:
        raise UsageError(f"nothing is known of {prefix}: no track of a video {interval.video_id!r} was ingested")
    return events


def _of_stage(context: Context, stage: Stage, prefix: str, interval: ClipInterval) -> Iterator[Event]:
    home = context.workspace.partition().get(interval.video_id)
    partitioned = stage.kind is not Kind.SOURCE and stage.key.name == "clip_id" and stage.kind is Kind.MAP
    shards: dict[int, Record] = dict(context.workspace.records(stage))
    if partitioned and home is not None:
        shards = {home: shards[home]} if home in shards else {}
    for shard, record in shards.items():
        yield from _of_shard(context, stage, shard, record, prefix, interval)


def _of_shard(
    context: Context, stage: Stage, shard: int, record: Record, prefix: str, interval: ClipInterval
) -> Iterator[Event]:
    outcomes = read_table(context.workspace.path(stage, record.outcomes))
    begins = f"{interval.video_id}/" if stage.kind is Kind.SOURCE else prefix
    fates = outcomes.filter(pc.starts_with(outcomes["key"], begins)).to_pylist()
    if not fates:
        return
    data = read_table(context.workspace.path(stage, record.data))
    rows = data.filter(pc.starts_with(data[stage.key.name], prefix)).to_pylist()
    for fate in fates:
        mine = [row for row in rows if _belongs(row, stage, fate["key"], prefix)]
        yield Event(
            stage.name, part_name(shard), fate["key"], fate["outcome"], fate["reason"], fate["detail"], mine
        )


def _belongs(row: dict[str, Any], stage: Stage, key: str, prefix: str) -> bool:
    """Say whether an output row came from an input row: by its track for a source, else by its key."""
    if stage.kind is Kind.SOURCE:
        return bool(key.endswith(f"/{row.get('track')}"))
    output = row[stage.key.name]
    return bool(output == key or output.startswith(key) or key.startswith(output))
