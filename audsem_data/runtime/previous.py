"""What an earlier commit of the same shard leaves to reuse: rows whose content did not change."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from audsem_data.core.outcome import Status
from audsem_data.core.record import Record
from audsem_data.core.stage import Stage
from audsem_data.runtime.context import Context
from audsem_data.storage.parquet import read_table
from audsem_data.storage.tars import iterate_clips

Values = dict[str, Any]


@dataclass(frozen=True)
class Previous:
    """The outcome row of each input key, its output rows and their schema, and the tar that holds its media."""

    outcomes: Mapping[str, Values]
    rows: Mapping[str, list[Values]]
    tar: Path | None
    schema: pa.Schema | None = None

    def clips(self) -> Iterator[tuple[str, dict[str, bytes]]]:
        """Yield the members of every clip of the earlier tar, in key order."""
        if self.tar:
            yield from iterate_clips(self.tar)

    def reusable(self, key: str, input_digest: str, redo: frozenset[str], due: bool) -> bool:
        """Say whether the earlier outcome of a row stands."""
        earlier = self.outcomes.get(key)
        if earlier is None or earlier["input_digest"] != input_digest or earlier["reason"] in redo:
            return False
        return not (due and earlier["outcome"] == Status.FAILED_TRANSIENT)

    def attempts(self, key: str, input_digest: str) -> int:
        """Return how often this same content was worked on before."""
        earlier = self.outcomes.get(key)
        return int(earlier["attempts"]) if earlier and earlier["input_digest"] == input_digest else 0


def load_previous(context: Context, stage: Stage, record: Record | None, input_key: str) -> Previous:
    """Read an earlier commit; `input_key` names the column that says which input row an output row is of."""
    if record is None:
        return Previous({}, {}, None)
    workspace = context.workspace
    outcomes = read_table(workspace.verify(stage, record.outcomes)).to_pylist()
    rows = defaultdict(list)
    data = read_table(workspace.verify(stage, record.data))
    for row in data.to_pylist():
        rows[row[input_key]].append(row)
    tar = workspace.verify(stage, record.tar) if record.tar else None
    return Previous({row["key"]: row for row in outcomes}, rows, tar, data.schema)
