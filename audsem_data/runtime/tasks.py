"""The pieces of work that a driver hands to a worker, and what the worker does with each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from audsem_data.core.fingerprint import digest, identity
from audsem_data.core.layout import Part, Unit
from audsem_data.core.record import Record, part_name
from audsem_data.core.stage import Process, Stage
from audsem_data.runtime.context import Context
from audsem_data.runtime.corpus import open_stage, summarize_shard
from audsem_data.runtime.group import run_group
from audsem_data.runtime.guard import Guard
from audsem_data.runtime.repartition import build_part
from audsem_data.runtime.source import read_units

Progress = Callable[[int], None]


@dataclass(frozen=True)
class MapTask:
    """A group of map stages on one shard: for each stage, what its record shall say it was made from."""

    shard: int
    inputs: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class SourceTask:
    """The units that a source packs into one shard."""

    stage: str
    shard: int
    units: tuple[Unit, ...]


@dataclass(frozen=True)
class PartTask:
    """One output shard of a repartition."""

    stage: str
    part: Part
    inputs: Mapping[str, str]

    @property
    def shard(self) -> int:
        """The index of the part."""
        return self.part.index


@dataclass(frozen=True)
class SummaryTask:
    """The summary that a corpus stage takes of one shard."""

    stage: str
    shard: int


Task = MapTask | SourceTask | PartTask | SummaryTask


@dataclass(frozen=True)
class Report:
    """What came of a task: records that were committed, a summary, and the errors that were caught."""

    task: Task
    records: tuple[Record, ...] = ()
    summary: Any = None
    guards: tuple[Guard, ...] = ()


def describe(task: Task) -> str:
    """Return the task's name for a person: `annotate-acoustics part-00003`."""
    names = "+".join(task.inputs) if isinstance(task, MapTask) else task.stage
    return f"{names} {part_name(task.shard)}"


@dataclass
class Bench:
    """Where a worker works: keeps the stages that it has opened, so that a model is loaded once."""

    context: Context
    _opened: dict[tuple[str, str], Any] = field(default_factory=dict)

    def open(self, stage: Stage) -> Process:
        """Return the opened stage; opening another fingerprint of it forgets the first."""
        config = self.context.config(stage)
        key = (stage.name, digest(identity(stage, config)))
        if key not in self._opened:
            self._opened = {k: v for k, v in self._opened.items() if k[0] != stage.name}
            self._opened[key] = open_stage(self.context, stage)
        return self._opened[key]  # type: ignore[no-any-return]

    def work(self, task: Task, progress: Progress) -> Report:
        """Carry out a task; what it raises is in the report's guards."""
        guard = Guard(describe(task))
        with guard:
            if not isinstance(task, MapTask):
                return self._single(task, progress)
            records, guards = run_group(self.context, task.inputs, task.shard, self.open, progress)
            return Report(task, tuple(records), guards=tuple(guards))
        return Report(task, guards=(guard,))

    def _single(self, task: SourceTask | PartTask | SummaryTask, progress: Progress) -> Report:
        stage = self.context.stage(task.stage)
        if isinstance(task, SummaryTask):
            return Report(task, summary=summarize_shard(self.context, stage, task.shard))
        if isinstance(task, SourceTask):
            record = read_units(self.context, stage, task.shard, task.units)
        else:
            record = build_part(self.context, stage, task.part, task.inputs)
        progress(record.rows_in)
        return Report(task, (record,))
