"""The pieces of work that a driver hands to a worker, and what the worker does with each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from audsem_data.core.fingerprint import digest, identity
from audsem_data.core.layout import Part, Unit
from audsem_data.core.record import Record, part_name
from audsem_data.core.stage import Process, Stage
from audsem_data.runtime.context import Context
from audsem_data.runtime.corpus import open_stage, process_of, summarize_shard
from audsem_data.runtime.group import run_group
from audsem_data.runtime.guard import Guard
from audsem_data.runtime.repartition import build_part
from audsem_data.runtime.source import read_units

Progress = Callable[[int], None]


@dataclass(frozen=True, kw_only=True)
class _Leased:
    """What every task has: the leases, by stage, under which what it makes may be committed."""

    leases: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class MapTask(_Leased):
    """A group of map stages on one shard: for each stage, what its record shall say it was made from."""

    shard: int
    inputs: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class SourceTask(_Leased):
    """The units that a source packs into one shard."""

    stage: str
    shard: int
    units: tuple[Unit, ...]


@dataclass(frozen=True)
class PartTask(_Leased):
    """One output shard of a repartition."""

    stage: str
    part: Part
    inputs: Mapping[str, str]

    @property
    def shard(self) -> int:
        """The index of the part."""
        return self.part.index


@dataclass(frozen=True)
class SummaryTask(_Leased):
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
    _opened: dict[str, tuple[str, Any]] = field(default_factory=dict)
    _processes: dict[str, tuple[str, Process]] = field(default_factory=dict)

    def open(self, stage: Stage) -> Process:
        """Return what works on a stage's items; opening another fingerprint of it forgets the first."""
        fingerprint = digest(identity(stage, self.context.config(stage)))
        if self._processes.get(stage.name, ("",))[0] != fingerprint:
            self._processes[stage.name] = (
                fingerprint,
                process_of(self.context, stage, self._open(stage, fingerprint)),
            )
        return self._processes[stage.name][1]

    def _open(self, stage: Stage, fingerprint: str) -> Any:
        if self._opened.get(stage.name, ("",))[0] != fingerprint:
            self._opened[stage.name] = (fingerprint, open_stage(self.context, stage))
        return self._opened[stage.name][1]

    def work(self, task: Task, progress: Progress) -> Report:
        """Carry out a task; what it raises is in the report's guards."""
        guard = Guard(describe(task))
        self.context.workspace.leases.update(task.leases)
        with guard:
            if not isinstance(task, MapTask):
                return self._single(task, progress)
            records, guards = run_group(self.context, task.inputs, task.shard, self.open, progress)
            return Report(task, tuple(records), guards=tuple(guards))
        return Report(task, guards=(guard,))

    def _single(self, task: SourceTask | PartTask | SummaryTask, progress: Progress) -> Report:
        stage = self.context.stage(task.stage)
        if isinstance(task, SummaryTask):
            self._processes.pop(stage.name, None)  # there will be another state
            fingerprint = digest(identity(stage, self.context.config(stage)))
            opened = partial(self._open, stage, fingerprint)
            summary = summarize_shard(self.context, stage, task.shard, fingerprint, opened)
            return Report(task, summary=summary)
        if isinstance(task, SourceTask):
            record = read_units(self.context, stage, task.shard, task.units)
        else:
            record = build_part(self.context, stage, task.part, task.inputs)
        progress(record.rows_in)
        return Report(task, (record,))
