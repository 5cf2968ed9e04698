"""Purging spools and shelves of what they may hold of videos: entries do not say whose they are, shards do."""

import shutil
from collections.abc import Iterator, Set
from pathlib import Path

from audsem_data.core.keys import parse_clip_id
from audsem_data.core.schema import CUE_ID
from audsem_data.core.stage import Kind, Stage
from audsem_data.runtime.context import Context
from audsem_data.storage.parquet import read_table


def purge_caches(context: Context, videos: Set[str]) -> None:
    """Delete the spool of every shard in which these videos are or were, and what its shelf has of them.

    Shelved files that rows of other videos name stay. For who holds the locks of all stages.
    """
    for folder, kept in _caches_of(context, videos):
        for path in folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name not in kept:
                path.unlink()


def shelved_of(context: Context, videos: Set[str]) -> set[Path]:
    """Return the shelved files of shards that hold or held these videos, but those that rows of others name."""
    return {
        path
        for folder, kept in _caches_of(context, videos)
        for path in folder.iterdir()
        if path.is_file() and path.suffix != ".seg" and path.name not in kept
    }


def _caches_of(context: Context, videos: Set[str]) -> Iterator[tuple[Path, set[str]]]:
    """Yield the caches of shards that hold or held these videos, each with the shelved files that are others'."""
    partition = context.workspace.partition()
    of_clips = {partition[video] for video in videos if video in partition}
    of_cues = _source_shards(context, videos)
    for folder in sorted(context.workspace.location.local("cache").glob("*/part-*")):
        stage = context.stages.get(folder.parent.name)
        shards = of_clips | of_cues if stage is None else of_cues if _by_cue(context, stage) else of_clips
        shard = int(folder.name.removeprefix("part-"))
        if shard in shards:
            yield folder, _kept(context, stage, shard, videos) if stage else set()


def _by_cue(context: Context, stage: Stage) -> bool:
    """Say whether a stage's shards are those of a source, not of the partition."""
    first = context.stages.get(stage.needs[0].stage) if stage.needs else None
    return first is None or first.key.name == CUE_ID.name


def _source_shards(context: Context, videos: Set[str]) -> set[int]:
    """Return the shards of sources that hold these videos, or held them before they were excluded."""
    found: set[int] = set()
    for stage in context.stages.values():
        if stage.kind is Kind.SOURCE:
            for shard, record in context.workspace.records(stage).items():
                keys = read_table(context.workspace.path(stage, record.outcomes), ["key"])["key"].to_pylist()
                there = {key.rpartition("/")[0] for key in keys} | set(record.extra.get("excluded", ()))
                if there & videos:
                    found.add(shard)
    return found


def _kept(context: Context, stage: Stage, shard: int, videos: Set[str]) -> set[str]:
    """Return the shelved files that committed rows of other videos name."""
    record = context.workspace.record(stage, shard)
    locators = {
        name for other in context.stages.values() for need in other.needs if need.stage == stage.name and need.frees
        for name in need.locators
    }  # fmt: skip
    if record is None or not locators:
        return set()
    rows = read_table(context.workspace.path(stage, record.data), [stage.key.name, *sorted(locators)]).to_pylist()
    others = [row for row in rows if parse_clip_id(row[stage.key.name]).video_id not in videos]
    return {row[name] for row in others for name in locators}
