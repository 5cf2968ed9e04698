"""What was piped into a workspace (`sources/`), and leaving videos out of it."""

import os
from collections.abc import Iterator, Set
from pathlib import Path

from audsem_data.core.layout import Source
from audsem_data.core.stage import Kind
from audsem_data.runtime.context import Context
from audsem_data.runtime.standard_input import FOLDER
from audsem_data.storage.location import storage_errors


def piped_with(context: Context, videos: Set[str]) -> dict[Path, int]:
    """Return how many pieces (rows of a table, objects of a dump) of videos each piped file holds, if any."""
    found = {}
    for path, scratch, count in _rewritten(context, videos):
        scratch.unlink()
        if count:
            found[path] = count
    return found


def leave_out_of_piped(context: Context, videos: Set[str]) -> None:
    """Replace piped files by what they hold of other videos; a name, a time and where it can a size stay.

    So a shard that was made from the file stands, and the same pipe again does not bring the videos back.
    """
    for path, scratch, count in _rewritten(context, videos):
        if not count:
            scratch.unlink()
            continue
        status = path.stat()
        os.utime(scratch, ns=(status.st_atime_ns, status.st_mtime_ns))
        context.workspace.location.publish(scratch, f"{FOLDER}/{path.name}")


def _rewritten(context: Context, videos: Set[str]) -> Iterator[tuple[Path, Path, int]]:
    sources = [stage for stage in context.stages.values() if stage.kind is Kind.SOURCE]
    for path in sorted((context.root / FOLDER).glob("stdin-*")):
        for stage in sources[:1]:
            source: Source = stage.open(context.config(stage))
            scratch = context.workspace.location.scratch(FOLDER)
            with storage_errors(scratch):
                yield path, scratch, source.leave_out(path, videos, scratch)
