"""A group: several map stages over one shard, with one decode of its media for all of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from audsem_data.core.errors import StageError
from audsem_data.core.keys import sort_key
from audsem_data.core.record import Record, part_name
from audsem_data.core.stage import Media
from audsem_data.media.clips import read_clips
from audsem_data.runtime.context import Context
from audsem_data.runtime.guard import Guard
from audsem_data.runtime.lanes import Lanes
from audsem_data.runtime.prefetch import prefetch
from audsem_data.runtime.stage_shard import Open, StageShard

_PREFETCHED = 256 << 20  # bytes of decoded media that wait while a model works
_IN_LANE = 64 << 20  # bytes that wait for one stage of several while it works

Inputs = Mapping[str, Mapping[str, str]]
_Clip = tuple[str, Mapping[Media, Any]]


def run_group(
    context: Context, inputs: Inputs, shard: int, opened: Open, progress: Callable[[int], None]
) -> tuple[list[Record], list[Guard]]:
    """Run stages (the keys of `inputs`, with what their records shall say they were made from) over a shard.

    Each stage commits by itself. What one raises costs it its own shard and no other stage theirs; the guards
    that caught something are returned. What the media raise concerns all of them, and is raised.

    Where one of several stages has a model, each stage works in a thread of its own, so that none waits for another
    longer than its lane holds: a model goes on while a processor measures, and the other way round.
    """
    guards = {name: Guard(f"{name} {part_name(shard)}") for name in inputs}
    records: list[Record] = []
    with ExitStack() as stack:
        members: list[StageShard] = []
        for name, made_from in inputs.items():
            with guards[name]:
                member = StageShard(context, context.stage(name), shard, made_from, opened)
                members.append(stack.enter_context(member))
        has_model = any(member.stage.wants_device for member in members)
        beside = has_model and len(members) > 1
        for member in members:
            with guards[member.stage.name]:
                if beside and member.needing_media:
                    opened(member.stage)  # one by one: loading changes settings of the process
        with Lanes(members, guards, _size, _IN_LANE if beside else 0) as lanes:
            for clip in prefetch(_media(context, members, shard), _size, _PREFETCHED if has_model else 0):
                lanes.offer(clip)
                progress(1)
        for member in members:
            guard = guards[member.stage.name]
            if guard.error is None:
                with guard:
                    records.append(member.commit())
    return records, [guard for guard in guards.values() if guard.error]


def _size(clip: _Clip) -> int:
    """Return the bytes of a clip's decoded media."""
    return sum(getattr(value, "nbytes", 0) for value in clip[1].values())


def _media(context: Context, members: Sequence[StageShard], shard: int) -> Iterator[_Clip]:
    """Yield every pending key in order with what its stages need decoded, each clip once."""
    pending = sorted({key for member in members for key in member.pending}, key=sort_key)
    wanted: dict[str, set[Media]] = {}
    for member in members:
        for key in member.needing_media:
            wanted.setdefault(key, set()).update(member.stage.media)
    clips = read_clips(_tar(context, members[0], shard), wanted) if wanted else iter(())
    for key in pending:
        if key not in wanted:
            yield key, {}
            continue
        found, media = next(clips)
        if found != key:
            raise StageError(f"{part_name(shard)}: the tar holds {found} where {key} should follow")
        yield key, media


def _tar(context: Context, member: StageShard, shard: int) -> Path:
    source = context.stages[member.stage.needs[0].stage]
    workspace = context.workspace
    tar = workspace.reading(source, shard, lambda record: record.tar and workspace.verify(source, record.tar))
    if not isinstance(tar, Path):
        raise StageError(f"{member.stage.name} needs media, and {source.name} writes none")
    return tar
