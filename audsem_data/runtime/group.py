"""A group: several map stages over one shard, with one decode of its media and at most one resample per rate."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from audsem_data.core.errors import StageError
from audsem_data.core.keys import sort_key
from audsem_data.core.record import Record, part_name
from audsem_data.core.stage import Media
from audsem_data.media.clips import decode_clip, iterate_audio
from audsem_data.media.mixdown import Samples
from audsem_data.media.resample import resample
from audsem_data.runtime.ahead import ahead
from audsem_data.runtime.context import Context
from audsem_data.runtime.guard import Guard
from audsem_data.runtime.stage_shard import Open, StageShard

_AHEAD = 96  # clips that are decoded while a model works: more than a batch of most stages

Inputs = Mapping[str, Mapping[str, str]]


def run_group(
    context: Context, inputs: Inputs, shard: int, opened: Open, progress: Callable[[int], None]
) -> tuple[list[Record], list[Guard]]:
    """Run stages (the keys of `inputs`, with what their records shall say they were made from) over a shard.

    Each stage commits by itself. What one raises costs it its own shard and no other stage theirs; the guards
    that caught something are returned. What the media raise concerns all of them, and is raised.
    """
    guards = {name: Guard(f"{name} {part_name(shard)}") for name in inputs}
    records: list[Record] = []
    with ExitStack() as stack:
        members: list[StageShard] = []
        for name, made_from in inputs.items():
            with guards[name]:
                member = StageShard(context, context.stage(name), shard, made_from, opened)
                members.append(stack.enter_context(member))
        for key, media in ahead(_media(context, members, shard), _AHEAD if _waits(members) else 0):
            for member in members:
                if key in member.pending and guards[member.stage.name].error is None:
                    with guards[member.stage.name]:
                        member.offer(key, media)
            progress(1)
        for member in members:
            guard = guards[member.stage.name]
            if guard.error is None:
                with guard:
                    records.append(member.commit())
    return records, [guard for guard in guards.values() if guard.error]


def _waits(members: Sequence[StageShard]) -> bool:
    """Say whether a stage of the group runs a model: it shall not wait for the decoder."""
    return any(member.stage.wants_device for member in members)


def _media(
    context: Context, members: Sequence[StageShard], shard: int
) -> Iterator[tuple[str, Mapping[Media, Samples]]]:
    """Yield every pending key in order with what its stages need decoded, each clip once."""
    pending = sorted({key for member in members for key in member.pending}, key=sort_key)
    audible = {key for member in members for key in member.audible}
    needs = {need for member in members for need in member.stage.media}
    clips = iterate_audio(_tar(context, members[0], shard), audible) if audible else iter(())
    for key in pending:
        if key not in audible:
            yield key, {}
            continue
        found, data = next(clips)
        if found != key:
            raise StageError(f"{part_name(shard)}: the tar holds {found} where {key} should follow")
        samples, rate = decode_clip(data)
        by_rate = {need.rate: resample(samples, rate, need.rate) for need in needs}
        yield key, {need: by_rate[need.rate] for need in needs}


def _tar(context: Context, member: StageShard, shard: int) -> Path:
    source = context.stages[member.stage.needs[0].stage]
    workspace = context.workspace
    tar = workspace.reading(source, shard, lambda record: record.tar and workspace.verify(source, record.tar))
    if not isinstance(tar, Path):
        raise StageError(f"{member.stage.name} needs media, and {source.name} writes none")
    return tar
