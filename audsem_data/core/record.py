"""The record of a shard: names its immutable files and how they came to be; replacing it is the commit."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from audsem_data.core.errors import CorruptionError
from audsem_data.core.outcome import Status


def part_name(shard: int) -> str:
    """Return what a shard is called: part-00017."""
    return f"part-{shard:05d}"


@dataclass(frozen=True)
class FileEntry:
    """A committed file: its name beside the record, its size and its SHA-256."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Record:
    """What one stage made of one shard.

    Attributes:
        fingerprint: digest of `identity`.
        data: the Parquet file; `tar` the media, for stages that write them; `outcomes` the fate of each row.
        rows_in: input rows; `rows_out` output rows; `counts` input rows by `status` or `status:reason`.
        inputs: digest of each thing that the shard was made from (upstream files, row selection).
        run: name of the run's file in logs/, which holds argv, versions and times.
        attempted_at: seconds since the epoch, for the cool-down of transient failures.
    """

    stage: str
    version: int
    shard: int
    fingerprint: str
    identity: Mapping[str, Any]
    data: FileEntry
    outcomes: FileEntry
    tar: FileEntry | None
    rows_in: int
    rows_out: int
    counts: Mapping[str, int]
    inputs: Mapping[str, str]
    seconds: float = 0.0
    run: str = ""
    attempted_at: float = 0.0
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def files(self) -> tuple[FileEntry, ...]:
        """The committed files, data first."""
        return (self.data, self.outcomes, *((self.tar,) if self.tar else ()))

    def count(self, status: Status) -> int:
        """Return how many input rows have a status, whatever the reason."""
        return sum(n for name, n in self.counts.items() if name.split(":")[0] == status)

    @property
    def failed(self) -> int:
        """Return how many input rows failed, transiently or for good."""
        return self.count(Status.FAILED_TRANSIENT) + self.count(Status.FAILED_PERMANENT)

    def dump(self) -> bytes:
        """Return the record as JSON."""
        return json.dumps(asdict(self), indent=1, sort_keys=True).encode() + b"\n"

    @classmethod
    def parse(cls, text: bytes, where: str) -> Self:
        """Read a record; raises CorruptionError that names the file and the way out."""
        try:
            raw = json.loads(text)
            for name in ("data", "outcomes", "tar"):
                raw[name] = FileEntry(**raw[name]) if raw[name] else None
            record = cls(**raw)
        except (ValueError, TypeError, KeyError) as error:
            raise CorruptionError(
                f"{where} is not a readable record ({type(error).__name__}: {error}); delete this file and "
                "run the stage again: only this shard is redone"
            ) from error
        if sum(record.counts.values()) != record.rows_in:
            raise CorruptionError(f"{where}: its outcomes do not add up; delete it and run the stage again")
        return record
