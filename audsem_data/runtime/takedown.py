"""Taking videos down: never used again, and gone from all that the workspace holds, which is looked through.

What is changed in place is changed before anything is redone, so that a run which is killed between leaves less of
the videos, never more, and the same command finishes it.
"""

import re
from collections.abc import Callable, Set
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from audsem_data.core.errors import AudsemError, TakedownError
from audsem_data.core.stage import Kind
from audsem_data.publish.dataset import withdraw
from audsem_data.publish.layout import DATASET
from audsem_data.publish.tombstones import add_tombstones
from audsem_data.runtime.caches import purge_caches, shelved_of
from audsem_data.runtime.context import Context
from audsem_data.runtime.driver import StageSummary
from audsem_data.runtime.fetched_subtitles import FOLDER, forget_subtitles, subtitle_files
from audsem_data.runtime.holdings import Holding, holdings
from audsem_data.runtime.maintenance import forget_all
from audsem_data.runtime.piped import leave_out_of_piped, piped_with
from audsem_data.runtime.session import driving, groups
from audsem_data.runtime.source import load_units
from audsem_data.runtime.staleness import check_drift
from audsem_data.storage.lock import stage_lock
from audsem_data.storage.reviews import REVIEWS, Reviews

EXCLUDE = "exclude.txt"
_SHOWN = 10
_VERSION = re.compile(r"v\d+")


@dataclass(frozen=True)
class Removal:
    """What was there and is gone, by place; files of the user's own that were left; why no dataset is there."""

    gone: dict[str, Holding]
    yours: list[str]
    withdrawn: str = ""


def take_down(context: Context, videos: Set[str], say: Callable[[StageSummary], None]) -> Removal:
    """Remove videos (escaped ids) from the workspace; for who holds it alone.

    Args:
        context: of a run of what is committed only.
        videos: to be listed in exclude.txt and, by hash, in removed.jsonl.
        say: is told what became of each stage.

    Raises:
        RecipeDriftError: a stage's options differ from what is committed; nothing was changed.
        StageBusyError: a stage is being run; nothing was changed.
        TakedownError: something still holds them; the message says what, and what to do.
    """
    stages = context.stages.values()
    with ExitStack() as locks:
        for stage in stages:
            locks.enter_context(stage_lock(context.workspace.lock(stage), stage.name))
        for stage in stages:
            check_drift(context, stage, context.workspace.records(stage))
        before = held_of(context, videos)
        _exclude(context, videos)
        purge_caches(context, videos)
        forget_subtitles(context.root, videos)
        Reviews(context.root / REVIEWS).forget(videos)
        leave_out_of_piped(context, videos)
        for stage in stages:
            context.workspace.sweep(stage, context.workspace.records(stage))
        _drop_unused(context, videos)
    again = Context(context.root, context.recipe, context.options)  # which reads exclude.txt anew
    errors = _redo(again, say)
    withdrawn = ""
    if DATASET in held_of(again, videos):
        withdraw(context.root / DATASET)
        withdrawn = str(errors[-1]) if errors else "run `audsem-data run`"
    if left := held_of(again, videos):
        raise TakedownError(_left(context, left, errors))
    return Removal(before, _yours(context, videos), withdrawn)


def held_of(context: Context, videos: Set[str]) -> dict[str, Holding]:
    """Return what each place of the workspace holds of videos: data files, caches, what was fetched or piped."""
    found = holdings(context.root, videos)
    fetched = subtitle_files(context.root)
    if files := {path for video in videos for path in fetched.get(video, ())}:
        found[FOLDER] = Holding(files=files)
    if shelved := shelved_of(context, videos):
        found.setdefault("cache", Holding()).files.update(shelved)
    if piped := piped_with(context, videos):
        found["sources"] = Holding(rows=sum(piped.values()), files=set(piped))
    return found


def _exclude(context: Context, videos: Set[str]) -> None:
    location = context.workspace.location
    before = location.read(EXCLUDE).decode("utf-8-sig") if (context.root / EXCLUDE).is_file() else ""
    if new := sorted(videos - context.excluded):
        start = before if not before or before.endswith("\n") else f"{before}\n"
        location.put(EXCLUDE, (start + "".join(f"{video}\n" for video in new)).encode())
    add_tombstones(context.root, sorted(videos))


def _drop_unused(context: Context, videos: Set[str]) -> None:
    """Delete the shards that hold videos and that no run of this recipe redoes: of older versions, other stages."""
    used = {context.root / f"{stage.name}/v{stage.version}" for stage in context.stages.values()}
    for path in {path for holding in holdings(context.root, videos).values() for path in holding.files}:
        place = path.parent
        if place not in used and place.parent.parent == context.root and _VERSION.fullmatch(place.name):
            shard = path.name.split("-")[1].partition(".")[0]
            for file in (*place.glob(f"part-{shard}*"), *place.glob(f"outcomes-{shard}*")):
                file.unlink()


def _redo(context: Context, say: Callable[[StageSummary], None]) -> list[AudsemError]:
    """Bring what is committed up to date without the videos, stage after stage; return what could not be done.

    What nothing reads and cannot be laid out anew, as stages before it are not complete, is forgotten.
    """
    errors: list[AudsemError] = []
    with driving(context, held=True) as driver:
        for name in [name for group in groups(context) for name in group]:
            stage = context.stage(name)
            if not context.workspace.shards(stage):
                continue
            try:
                for summary in driver.run([name]):
                    say(summary)
            except AudsemError as error:
                errors.append(error)
                read = any(name in other.reads for other in context.stages.values())
                if stage.kind is Kind.REPARTITION and not read:
                    forget_all(context, stage)
    return errors


def _left(context: Context, left: dict[str, Holding], errors: list[AudsemError]) -> str:
    files = sorted(path for holding in left.values() for path in holding.files)
    shown = ", ".join(str(path.relative_to(context.root)) for path in files[:_SHOWN])
    why = "".join(f"; {error}" for error in errors[:1])
    return (
        f"the videos are excluded, but {len(files)} files still hold something of them ({shown}){why}. Mend that, "
        "or run `audsem-data run` to its end, and give this command again until it says that nothing is left"
    )


def _yours(context: Context, videos: Set[str]) -> list[str]:
    """Return the files of the sources, outside the workspace, that are of these videos."""
    found = set[str]()
    for stage in context.stages.values():
        if stage.kind is Kind.SOURCE:
            for unit in (unit for shard in load_units(context, stage) for unit in shard):
                payload = unit.payload
                if payload.get("video_id") in videos:
                    found.add(str(payload.get("path")))
                found.update(path for video, path in payload.get("media", {}).items() if video in videos)
    return sorted(path for path in found if not Path(path).is_relative_to(context.root.absolute()))
