"""What a stage is: a frozen value that says what it needs, what it emits and how a worker opens it.

Four kinds, by what they read and write:

* source: units of the outside world (files, tracks) -> shards of rows that append
* map: shard -> shard with the same index; one row to one, or to several with a key of their own
* corpus: a map whose `open` also takes a state reduced from a summary of every shard
* repartition: any shards -> new shards, laid out by a plan

A stage holds no input or output: the runner reads what it needs, checks what it returns and commits.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

from audsem_data.core.errors import UsageError
from audsem_data.core.outcome import AbsentMedia, CommonReason, Outcome, Reason
from audsem_data.core.schema import CLIP_ID, Column

if TYPE_CHECKING:
    from audsem_data.core.model import ModelSpec

_RUN_ONLY: dict[str, Any] = {"run_only": True}


class Config(BaseModel):
    """Base of every stage's options: only what changes the output; unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @property
    def identity(self) -> dict[str, Any]:
        """The options that a fingerprint covers: all but those declared by `run_only`."""
        aside = {name for name, field in type(self).model_fields.items() if field.json_schema_extra == _RUN_ONLY}
        return self.model_dump(mode="json", exclude=aside)

    @classmethod
    def renamed(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return options as a recipe holds them by the names of today: recipes written before are still read."""
        return dict(values)

    def price(self, usage: Mapping[str, float]) -> tuple[float, str] | None:
        """Return the money that usage costs, and its currency; None for a stage that costs none."""
        return None

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules of extras that the stage imports under these options."""
        return ()

    @property
    def asks(self) -> tuple[str, str] | None:
        """The address of the server that the stage asks, and what that calls the model; None where it asks none."""
        return None

    @property
    def unset(self) -> str:
        """Which options must be set before the stage can run, as a sentence; empty where none."""
        return ""


def run_only(default: Any, description: str) -> Any:
    """Declare an option that says where work is done and changes no output: a server's address."""
    return Field(default, description=description, json_schema_extra=dict(_RUN_ONLY))


class NoConfig(Config):
    """For a stage that has nothing to choose."""


class SourceConfig(Config):
    """Base of a source stage's options: how its units are packed into shards."""

    shard_units: int = Field(1024, ge=1, description="most units (files) in a shard")
    shard_bytes: int = Field(64 << 20, ge=1, description="most bytes of units in a shard")


@dataclass(frozen=True)
class Needs:
    """Columns of another stage that a row consumes; the first Needs of a stage says which rows there are.

    `columns` are content: their values enter the row's input digest. `locators` say where content is found
    (a path): they are delivered, and never digested. One that is named like a reason of `AbsentMedia` says why a
    clip lacks the media, and becomes the outcome's detail. A row that an optional need lacks is delivered with
    None for its columns; a row that a required need lacks is filtered as `missing_input`. With `struct`, the
    columns are delivered as one dict of that name, or None. With `frees`, the files that the locators name (on the
    shelf of a stage that `shelves`) are given back once this stage has committed the rows, unless the option `keep`
    of their stage says otherwise.
    """

    stage: str
    columns: tuple[str, ...] = ()
    locators: tuple[str, ...] = ()
    optional: bool = False
    struct: str | None = None
    frees: bool = False


@dataclass(frozen=True)
class Over:
    """Restrict the rows to those where a column of another stage is true, or at least another stage's option.

    Which rows a stage runs over is never digested: a new threshold adds and drops rows, redoes none.
    """

    stage: str
    column: str
    at_least: tuple[str, str] | None = None


@dataclass(frozen=True)
class Filter:
    """How a score decides on a clip; `select-clips` asks every stage of the recipe that declares one.

    Attributes:
        column: the score.
        reason: why a clip is not kept that is on the wrong side; `doc` says it in words.
        at_least, at_most: the threshold, one of the two; a clip that is just there is kept.
        on: whether it decides unless `select-clips.thresholds` says otherwise.
    """

    column: str
    reason: str
    doc: str
    at_least: float | None = None
    at_most: float | None = None
    on: bool = True

    def __post_init__(self) -> None:
        """Refuse a declaration of no threshold, or of two."""
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError(f"a filter has one threshold, at_least or at_most: {self.reason}")

    def keeps(self, score: float, threshold: float | None) -> bool:
        """Say whether a clip of this score is kept, under the declared threshold or the one that is given."""
        if self.at_least is not None:
            return score >= (self.at_least if threshold is None else threshold)
        return score <= (self.at_most if threshold is None else threshold)  # type: ignore[operator]


@dataclass(frozen=True)
class Audio:
    """A media need: float32 mono samples in [-1, 1], shape (samples,), at `rate` hertz."""

    rate: int


@dataclass(frozen=True)
class Frames:
    """A media need: pictures of the clip's video, black ones left out, as `media.clip_frames.ClipFrames`.

    Policies:
        stills: at 1/3 and 2/3 of what lasts under two seconds, else up to `most` spread evenly from first to last.
        uniform: `most` spread evenly from first to last, or all where there are fewer.
    """

    policy: Literal["stills", "uniform"] = "stills"
    most: int = 4


Media = Audio | Frames


class Weights(Protocol):
    """The weights of a stage that asks a model, under its options."""

    def __call__(self, config: Any) -> str | None:
        """Return which weights answer; None where this machine cannot tell."""

    def model(self, config: Any) -> "ModelSpec | None":
        """Return the published model that must be on this machine; None for a checkpoint, a server or no model."""


@dataclass(frozen=True)
class Item:
    """An input row as `process` gets it: its key, its columns by name, its media, and what is absent.

    Both map the stage of an optional need to the reason why it has nothing for this row: `missing` where it should
    have (it failed, or did not run), `not_applicable` where it leaves such rows out (music captions without music).
    `tries` counts how often the same content has failed for good: whoever asks a model again then asks anew.
    """

    key: str
    values: Mapping[str, Any]
    media: Mapping[Media, Any]
    missing: Mapping[str, str]
    tries: int = 0
    not_applicable: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, column: str) -> Any:
        return self.values[column]


Process = Callable[[Sequence[Item]], Sequence[Outcome]]


class Memory(Protocol):
    """Paid-for answers by content key (32 bytes): what was asked of a model is never asked again."""

    def get(self, key: bytes) -> bytes | None:
        """Return what was kept under a key, or None."""

    def put(self, key: bytes, payload: bytes) -> None:
        """Keep an answer; once this returns, killing the process does not lose it."""


class Shelf(Protocol):
    """Files that a stage leaves for the next: named by their content, and given back once they are used."""

    def unsorted(self) -> Path:
        """Return an empty folder to make files in; what an earlier call left in it is deleted."""

    def put(self, made: Path) -> str:
        """Move a file onto the shelf, durably; returns its name."""


class Kind(StrEnum):
    """The four kinds of stage."""

    SOURCE = "source"
    MAP = "map"
    CORPUS = "corpus"
    REPARTITION = "repartition"


@dataclass(frozen=True)
class Stage:
    """A declared stage; see `stage` for the meaning of each field."""

    name: str
    version: int
    kind: Kind
    doc: str
    config: type[Config]
    key: Column
    needs: tuple[Needs, ...]
    emits: tuple[Column, ...]
    reasons: tuple[type[Reason], ...]
    open: Callable[..., Any]
    media: tuple[Media, ...] = ()
    over: Over | None = None
    tolerated: float = 0.05
    spooled: bool = False
    remembers: bool = False
    shelves: bool = False
    renews: bool = False
    cool_down: float = 0.0
    batch: int | None = 64
    files: tuple[str, ...] = ()
    joins: str | None = None
    shows_joined: bool = True
    filter: Filter | None = None
    adapts: Callable[[Any, Mapping[str, "Stage"]], Sequence[Needs]] | None = None
    identity: Mapping[str, str] | Callable[[Any], Mapping[str, str]] | None = None
    weights: Weights | None = None

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns of the output, key first."""
        return (self.key, *self.emits)

    @property
    def all_reasons(self) -> dict[str, Reason]:
        """Every reason that an outcome of this stage may have, by value."""
        absent = (AbsentMedia,) if self.media else ()
        enums: tuple[type[Reason], ...] = (*self.reasons, *absent, CommonReason)
        return {str(member): member for enum in enums for member in enum}

    @property
    def wants_device(self) -> bool:
        """Whether `open` takes the device that models run on."""
        return "device" in inspect.signature(self.open).parameters

    @property
    def media_kinds(self) -> frozenset[type[Media]]:
        """The kinds of media that it takes: stages of the same kinds share one decode."""
        return frozenset(type(need) for need in self.media)

    @property
    def reads(self) -> frozenset[str]:
        """The stages whose output this one takes, as content or to know which rows there are."""
        return frozenset({need.stage for need in self.needs} | ({self.over.stage} if self.over else set()))

    @property
    def can_lack(self) -> frozenset[str]:
        """The stages that it reads where they are there, and does without where they are not."""
        return frozenset(need.stage for need in self.needs if need.optional)

    @property
    def summary(self) -> str:
        """The first sentence of the stage's documentation."""
        return self.doc.strip().split("\n")[0]

    def options(self, values: Mapping[str, Any]) -> Config:
        """Return the checked options; raises UsageError that names the stage and the option."""
        unknown = sorted(set(values) - set(self.config.model_fields))
        if unknown:
            known = ", ".join(self.config.model_fields) or "none"
            raise UsageError(f"{self.name} has no option {unknown[0]!r}; its options: {known}")
        try:
            return self.config.model_validate(dict(values))
        except ValueError as error:
            raise UsageError(f"{self.name}: {'; '.join(str(error).splitlines()[1:3])}") from error


_REGISTRY: dict[str, Stage] = {}


def stage(  # noqa: PLR0913  (a declaration: every argument is a field of Stage)
    name: str,
    *,
    version: int,
    needs: Sequence[Needs],
    emits: Sequence[Column],
    config: type[Config] = NoConfig,
    kind: Kind = Kind.MAP,
    key: Column = CLIP_ID,
    reasons: Sequence[type[Reason]] = (),
    **more: Any,
) -> Callable[[Callable[..., Any]], Stage]:
    """Declare a stage by decorating its `open_*` function; the module's docstring documents it.

    Args:
        name: what the command is called; unique.
        version: raised whenever the same input would give another output.
        needs: content of other stages; the first decides the rows.
        emits: the columns after the key.
        config: the options that change the output.
        kind: source, map (default), corpus or repartition.
        key: the key column of the output.
        reasons: the enums that the stage's outcomes draw from.
        more: `media`, `over`, `tolerated` (fraction of failed rows above which a run stops), `spooled` (keep
            each finished row in the spool, for slow rows), `cool_down` (seconds before a transient failure is
            tried again), `batch` (rows a call; None: the clips of one video
            a call), `files` (suffixes of the tar members that each Done of the stage carries), `joins` (a
            prefix: needs every stage of that name in the recipe, optionally, as a struct named by the rest),
            `renews` (for a corpus stage: its state grows with the rows, and `reduce` is also given the one before,
            or None), `shows_joined` (whether those structs are columns of its output too), `filter` (how its
            score decides on clips),
            `adapts` (what it needs under its options, given the known stages: `needs` then documents the
            most usual), `remembers` (`process` takes a `Memory` beside the items, and keeps in it each answer
            that was paid for), `shelves` (`process` takes a `Shelf` beside the items, and leaves files on it for
            the stage whose need frees them), `identity` (prompt digests, names of models; or what gives them for
            options), `weights` (which weights answer under options: kept in each record, and never mixed).

    `open_x(config)` (or `open_x(config, device)`) is called once per worker and returns: for a map,
    `process(items) -> outcomes`, aligned; for a source or repartition, what `core.layout` says; for a corpus,
    an object with `summarize(items)`, `reduce(summaries)` and `apply(state) -> process`.
    """

    def declare(opened: Callable[..., Any]) -> Stage:
        if name in _REGISTRY and inspect.getmodule(_REGISTRY[name].open) is not inspect.getmodule(opened):
            raise ValueError(f"two stages are named {name!r}")
        module = inspect.getmodule(opened)
        doc = (module and inspect.getdoc(module)) or inspect.getdoc(opened) or ""
        made = Stage(
            name, version, kind, doc, config, key, tuple(needs), tuple(emits), tuple(reasons), opened, **more
        )
        if made.spooled and made.files:
            raise ValueError(f"{name}: a spooled stage writes no files; the spool keeps rows")
        _REGISTRY[name] = made
        return made

    return declare


def registered() -> Mapping[str, Stage]:
    """Return the stages declared so far, by name; `runtime.discovery.load_stages` declares them all."""
    return _REGISTRY
