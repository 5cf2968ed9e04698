"""The life of one clip or cue: what each stage made of it, or where and why it went."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from audsem_data.core.errors import UsageError
from audsem_data.core.keys import ClipInterval, clip_id, parse_clip_id
from audsem_data.core.outcome import Status
from audsem_data.core.record import Record, part_name
from audsem_data.core.schema import CUE_ID
from audsem_data.core.stage import Kind, Stage
from audsem_data.runtime.context import Context
from audsem_data.storage.parquet import read_table

DATASET_STAGE = "assemble"


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
    home = context.workspace.partition().get(interval.video_id)
    stages = context.stages.values()
    events = [event for stage in stages for event in _of_stage(context, stage, home, prefix, interval)]
    if not events:
        raise UsageError(f"nothing is known of {prefix}: no track of a video {interval.video_id!r} was ingested")
    return events


def verdict(events: Sequence[Event]) -> str:
    """Return what became of a clip in one sentence, from all of its events in running order."""
    if any(event.stage == DATASET_STAGE and event.outcome == Status.DONE for event in events):
        return "It is in the dataset."
    decided = [row for event in events for row in event.values if row.get("keep") is False]
    if decided:
        return f"It is left out: {decided[-1]['reason']}."
    last = events[-1]
    if last.outcome != Status.DONE:
        why = f" because {last.reason}" if last.reason else ""
        return f"It ended at {last.stage}: {last.outcome}{why}."
    return f"It has come no further than {last.stage}."


def _of_stage(
    context: Context, stage: Stage, home: int | None, prefix: str, interval: ClipInterval
) -> Iterator[Event]:
    shards: dict[int, Record] = dict(context.workspace.records(stage))
    if stage.kind is Kind.MAP and stage.key.name != CUE_ID.name and home is not None:
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
    path = context.workspace.path(stage, record.data)
    shown = [field.name for field in pq.read_schema(path) if "binary" not in str(field.type)]
    data = read_table(path, shown)
    key = shown[0]  # the files of one dataset may have different keys: clips, examples
    rows = data.filter(pc.starts_with(data[key], prefix)).to_pylist()
    for fate in fates:
        mine = [row for row in rows if _belongs(row, stage, key, fate["key"])]
        yield Event(
            stage.name, part_name(shard), fate["key"], fate["outcome"], fate["reason"], fate["detail"], mine
        )


def _belongs(row: dict[str, Any], stage: Stage, key: str, input_key: str) -> bool:
    """Say whether an output row came from an input row: by its track for a source, else by its key."""
    if stage.kind is Kind.SOURCE:
        return input_key.endswith(f"/{row.get('track')}")
    output = str(row[key])
    return output.startswith(input_key) or input_key.startswith(output)
