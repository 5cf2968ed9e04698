"""The contracts of the two kinds of stage that do not go shard by shard: sources and repartitions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from audsem_data.core.outcome import Outcome


@dataclass(frozen=True)
class Unit:
    """A piece of the outside world that a source reads in one go: a subtitle file, a dump, a table.

    Attributes:
        name: stable and unique among the sources of a workspace; units are packed into shards in name order.
        signature: changes when the content does (size and modification time).
        payload: JSON values that `read` needs.
        size: bytes, for packing units into shards.
    """

    name: str
    signature: str
    payload: Mapping[str, Any]
    size: int


class Source(Protocol):
    """What `open_x(config)` of a source stage returns."""

    def discover(self, sources: Sequence[str], known: Mapping[str, Mapping[str, Any]]) -> Iterable[Unit]:
        """List the units of these paths; `known` are the payloads of those packed before, by name.

        Raises InputError for a path that is not there or holds nothing.
        """
        ...

    def read(self, unit: Unit) -> Iterator[tuple[str, Outcome] | pa.Table]:
        """Yield (track key, outcome) for every track of a unit; the rows of a Done hold their own key.

        Rows may come as tables of the stage's columns instead: a source that has many makes no object of each.
        The detail of a Done counts the cues of the track by reason, as JSON. A damaged unit yields a Failed
        for what is damaged and goes on with the rest.
        """
        ...

    def leave_out(self, file: Path, videos: Set[str], out: Path) -> int:
        """Write a source file without these videos to `out`; return how many pieces (rows, objects) that drops.

        What is left keeps its meaning, and where it can its place, so that units of the file stand as they were.
        """
        ...


@dataclass(frozen=True)
class Part:
    """An output shard of a repartition, and the upstream shards whose content it consumes."""

    index: int
    reads: Mapping[str, Sequence[int]]
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Layout:
    """All parts of a repartition, in index order, and the frozen partition (video id -> shard) after it."""

    parts: Sequence[Part]
    partition: Mapping[str, int]


@dataclass(frozen=True)
class StageHistory:
    """What a stage took in, let through and dropped (`counts` as in records), what that cost, and how it was set.

    `identity` is what its records say of it: options, prompts, models.
    """

    stage: str
    summary: str
    rows_in: int
    rows_out: int
    counts: Mapping[str, int]
    usage: Mapping[str, float]
    price: tuple[float, str] | None
    identity: Mapping[str, Any] = field(default_factory=dict)


class Upstream(Protocol):
    """What a repartition may read: committed shards of the stages that it needs, verified."""

    def shards(self, stage: str) -> Sequence[int]:
        """Return the committed shard indices of a stage, ascending; none for a stage that the recipe lacks."""
        ...

    def table(self, stage: str, shard: int, columns: Sequence[str] | None = None) -> pa.Table:
        """Return rows in key order; all columns, or these."""
        ...

    def tar(self, stage: str, shard: int) -> Path:
        """Return the tar of a shard of a stage that writes media."""
        ...

    def excluded(self, video_id: str) -> bool:
        """Say whether exclude.txt names this video."""
        ...


class Repartition(Protocol):
    """What `open_x(config)` of a repartition stage returns."""

    def plan(self, upstream: Upstream, partition: Mapping[str, int]) -> Layout:
        """Lay the output out; must give a video the shard that `partition` already gives it."""
        ...

    def build(self, part: Part, upstream: Upstream, out: Path) -> Iterable[tuple[str, Outcome]]:
        """Write the part's Parquet file to `out` and return (input key, outcome) of every row that it read.

        A Done of a build carries no rows: they are in the file.
        """
        ...

    def finish(
        self, parts: Sequence[tuple[Part, Path]], workspace: Path, history: Sequence["StageHistory"] = ()
    ) -> None:
        """Do what follows once all parts are committed; called at every run, so idempotent and cheap.

        `history` tells what became of the rows of the stages before this one.
        """
        ...
