"""Writes a shard as it grows: media to a tar in key order, rows and outcomes at the end."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Self

from audsem_data.core.keys import sort_key
from audsem_data.core.outcome import OUTCOME_COLUMNS, Outcome, count_outcomes, outcome_row
from audsem_data.core.record import FileEntry
from audsem_data.core.stage import Stage
from audsem_data.runtime.committing import refuse_twice
from audsem_data.runtime.previous import Previous, Values
from audsem_data.storage.parquet import write_rows
from audsem_data.storage.tars import TarWriter
from audsem_data.storage.workspace import Workspace, folder


@dataclass(frozen=True)
class Written:
    """The files of a shard and their counts."""

    data: FileEntry
    tar: FileEntry | None
    outcomes: FileEntry
    counts: Mapping[str, int]
    rows_out: int


class ShardWriter:
    """Takes new outcomes in key order, fills in reused ones around them, and publishes the files.

    Media of reused rows are copied from the earlier tar as the writer passes their keys, so that memory holds
    one clip at a time however large the shard is.
    """

    def __init__(self, workspace: Workspace, stage: Stage, shard: int, previous: Previous) -> None:
        self._workspace, self._stage, self._shard, self._previous = workspace, stage, shard, previous
        self._stack = ExitStack()
        self._rows: list[Values] = []
        self._outcomes: dict[str, Values] = {}
        self._reused: set[str] = set()

    def __enter__(self) -> Self:
        self._stack.__enter__()
        where = folder(self._stage)
        self._scratch = {name: self._workspace.location.scratch(where) for name in ("data", "outcomes", "tar")}
        for path in self._scratch.values():
            self._stack.callback(path.unlink, missing_ok=True)
        self._tar = self._stack.enter_context(TarWriter(self._scratch["tar"])) if self._stage.files else None
        self._earlier: Iterator[tuple[str, dict[str, bytes]]] = self._previous.clips()
        self._ahead = next(self._earlier, None)
        return self

    def __exit__(self, *exception: Any) -> None:
        self._stack.__exit__(*exception)

    def reuse(self, key: str) -> None:
        """Keep the earlier outcome of a row; call for all reused rows before the first `add`."""
        self._reused.add(key)
        self._outcomes[key] = self._previous.outcomes[key]
        self._rows += self._previous.rows.get(key, [])

    def add(self, key: str, outcome: Outcome, attempts: int, input_digest: str) -> None:
        """Keep the new outcome of a row; keys must ascend."""
        key_name = self._stage.key.name
        self._rows += [dict(row) if key_name in row else {key_name: key, **row} for row in outcome.rows]
        self._outcomes[key] = outcome_row(key, outcome, attempts, input_digest)
        if self._tar and (files := getattr(outcome, "files", None)):
            self._copy_before(key)
            self._tar.add(key, files)

    def close(self) -> Written:
        """Publish the shard's files, sorted by key, and return what they are."""
        if self._tar:
            self._copy_before(None)
            self._tar.__exit__(None, None, None)
        key = self._stage.key.name
        self._rows.sort(key=lambda row: sort_key(row[key]))
        refuse_twice(self._stage, self._shard, "rows", [row[key] for row in self._rows])
        write_rows(self._scratch["data"], self._stage.columns, self._rows)
        fates = sorted(self._outcomes.values(), key=lambda row: sort_key(row["key"]))
        write_rows(self._scratch["outcomes"], OUTCOME_COLUMNS, fates)
        return Written(
            self._publish("data", "part", "parquet"),
            self._publish("tar", "part", "tar") if self._tar else None,
            self._publish("outcomes", "outcomes", "parquet"),
            count_outcomes(fates),
            len(self._rows),
        )

    def _publish(self, what: str, prefix: str, suffix: str) -> FileEntry:
        return self._workspace.publish(self._stage, self._scratch[what], prefix, self._shard, suffix)

    def _copy_before(self, key: str | None) -> None:
        """Copy the media of reused rows whose keys come before this one; of all that are left for None."""
        while self._tar and self._ahead and (key is None or sort_key(self._ahead[0]) < sort_key(key)):
            if self._ahead[0] in self._reused:
                self._tar.add(*self._ahead)
            self._ahead = next(self._earlier, None)
