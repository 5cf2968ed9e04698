"""What became of an input row: done, filtered or failed, always with a reason where it is not done."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Self

import pyarrow as pa

from audsem_data.core.schema import Column

Row = Mapping[str, Any]
Usage = Mapping[str, float]
_NO_FILES: Mapping[str, bytes] = {}  # one for all outcomes: dumps have millions
_NO_USAGE: Usage = {}


class Status(StrEnum):
    """The four outcomes; for every shard, rows in = the sum of the four."""

    DONE = "done"
    FILTERED = "filtered"
    FAILED_TRANSIENT = "failed_transient"
    FAILED_PERMANENT = "failed_permanent"


class Reason(StrEnum):
    """Base of every stage's reasons: `NAME = "value", "what it means"[, transient]`.

    `transient` rows are tried again by the next run, permanent ones only by `audsem-data retry`.
    """

    doc: str
    transient: bool

    def __new__(cls, value: str, doc: str, transient: bool = False) -> Self:
        """Return the member whose value is `value`."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.doc = doc
        member.transient = transient
        return member


class CommonReason(Reason):
    """Reasons that the runner itself gives, in any stage."""

    MISSING_INPUT = "missing_input", "a stage that this one needs has no result for the row; detail names it"


class AbsentMedia(Reason):
    """Reasons that the runner gives where a clip lacks the media that a stage declares."""

    NO_AUDIO = "no_audio", "the clip has no sound"
    NO_VIDEO = "no_video", "the clip has no pictures; standardize says why"
    BLACK_VIDEO = "black_video", "every picture of the clip is black"


@dataclass(frozen=True, slots=True)
class Done:
    """The row succeeded and yields these output rows: one for a one-to-one stage, any number otherwise.

    Output rows of a one-to-one stage leave out the key; the runner writes the input's. `files` holds the
    row's tar members by suffix, for a stage that writes media: `{"flac": ..., "json": ...}`. `usage` holds what
    the row cost, by name (tokens, seconds); it is summed into the record. `reason` says by which rule of several
    the row was let in, where a stage counts that.
    """

    rows: Sequence[Row]
    detail: str = ""
    files: Mapping[str, bytes] = field(default_factory=lambda: _NO_FILES)
    usage: Usage = field(default_factory=lambda: _NO_USAGE)
    reason: Reason | None = None
    status: ClassVar[Status] = Status.DONE

    @classmethod
    def one(cls, **values: Any) -> Self:
        """Return the outcome of a one-to-one stage."""
        return cls((values,))


@dataclass(frozen=True, slots=True)
class Filtered:
    """The row is left out on purpose."""

    reason: Reason
    detail: str = ""
    rows: ClassVar[Sequence[Row]] = ()
    status: ClassVar[Status] = Status.FILTERED


@dataclass(frozen=True, slots=True)
class Failed:
    """The row could not be worked on; its reason says whether trying again can help."""

    reason: Reason
    detail: str = ""
    usage: Usage = field(default_factory=lambda: _NO_USAGE)
    rows: ClassVar[Sequence[Row]] = ()

    @property
    def status(self) -> Status:
        """Return which of the two failures this is."""
        return Status.FAILED_TRANSIENT if self.reason.transient else Status.FAILED_PERMANENT


Outcome = Done | Filtered | Failed


def outcome_row(key: str, outcome: Outcome, attempts: int, input_digest: str) -> dict[str, Any]:
    """Return an outcome as the row of an outcomes file."""
    return {
        "key": key,
        "outcome": outcome.status,
        "reason": outcome.reason,
        "detail": outcome.detail or None,
        "attempts": attempts,
        "input_digest": input_digest,
    }


def count_outcomes(rows: Iterable[Row]) -> dict[str, int]:
    """Return how many outcome rows there are of each `status` or `status:reason`."""
    counts = Counter(f"{r['outcome']}:{r['reason']}" if r["reason"] else str(r["outcome"]) for r in rows)
    return dict(sorted(counts.items()))


OUTCOME_COLUMNS = (
    Column("key", pa.string(), "key of the input row"),
    Column("outcome", pa.string(), "done, filtered, failed_transient or failed_permanent"),
    Column("reason", pa.string(), "why the row is not done; or by which rule it was let in", nullable=True),
    Column("detail", pa.string(), "what was seen, in words", nullable=True),
    Column("attempts", pa.int32(), "how many times the row was worked on"),
    Column("input_digest", pa.string(), "hash of the content that the row consumed"),
)
