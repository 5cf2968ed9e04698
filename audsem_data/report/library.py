"""What a report and the browser read: clips, examples and sound, of a workspace or of a dataset alike."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from audsem_data.core.layout import StageHistory
from audsem_data.publish.statistics import Statistics

_ATTEMPT = re.compile(r"(?:^|; )(simple|semantic) (\d+): ([a-z_]+): ")


@dataclass(frozen=True)
class Refusal:
    """An attempt of a writer that was not fit.

    Attributes:
        key: of the clip. task, variant: what was written. attempt: counted from 1.
        reason: a flaw that a validator found, or `judged`. detail: what was seen, or what the judge said.
        final: whether the clip was left without examples of the task.
    """

    key: str
    task: str
    variant: str
    attempt: int
    reason: str
    detail: str
    final: bool


class Library(Protocol):
    """A collection of clips that can be read a shard at a time.

    A table of clips has `clip_id`, `caption`, `start_ms` and `end_ms`; `keep` and `reason` where clips were
    selected; and a struct for each annotator and score that the collection holds, under its own name (`acoustics`,
    `beats`, `score_duration`). A table of examples has the columns of task configs, as far as they are there.
    """

    name: str
    is_workspace: bool

    def history(self) -> Sequence[StageHistory]:
        """Return what every stage took in, let through and dropped."""

    def clips(self, columns: Collection[str] | None = None) -> Iterator[pa.Table]:
        """Yield the clips, a shard at a time: all columns, or those of these that are there."""

    def examples(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Yield the examples, a file at a time, with those of the columns that are there."""

    def refusals(self) -> Iterator[Refusal]:
        """Yield the attempts of writers that were not fit; nothing where they are not kept."""

    def statistics(self) -> Statistics | None:
        """Return what the dataset holds; None where there is no dataset yet."""

    def media(self, keys: Collection[str]) -> Iterator[tuple[str, Mapping[str, bytes]]]:
        """Yield the files of these clips by suffix (flac, wav, mp4), as far as they are there."""


def read_attempts(key: str, task: str, detail: str, *, final: bool) -> Iterator[Refusal]:
    """Yield the attempts that an outcome's detail tells of, as `llm.writing` tells them."""
    found = list(_ATTEMPT.finditer(detail))
    for place, match in enumerate(found):
        end = found[place + 1].start() if place + 1 < len(found) else len(detail)
        variant, attempt, reason = match.groups()
        yield Refusal(key, task, variant, int(attempt), reason, detail[match.end() : end], final)


def columns_of(table: pa.Table, columns: Collection[str] | None) -> pa.Table:
    """Return the table with those of the columns that it has."""
    if columns is None:
        return table
    return table.select([name for name in table.column_names if name in columns])


def rows_of(table: pa.Table, keys: Collection[str]) -> list[dict[str, Any]]:
    """Return the rows of these clips."""
    wanted = pa.array(sorted(keys), pa.string())
    rows: list[dict[str, Any]] = table.filter(pa.compute.is_in(table["clip_id"], value_set=wanted)).to_pylist()
    return rows


def open_library(place: Path) -> Library:
    """Return the library of a folder; raises UsageError for one that is neither workspace nor dataset."""
    from audsem_data.report.dataset_library import DatasetLibrary
    from audsem_data.report.workspace_library import WorkspaceLibrary

    return WorkspaceLibrary(place) if (place / "recipe.yaml").is_file() else DatasetLibrary(place)
