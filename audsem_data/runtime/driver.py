"""Driving stages: under their locks, through an engine, to a summary of what came out."""

import logging
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from audsem_data.core.errors import AudsemError, GovernorStoppedError, StorageError, ToleranceError
from audsem_data.core.outcome import Status
from audsem_data.core.record import part_name
from audsem_data.core.stage import Kind, Stage
from audsem_data.runtime.context import Context
from audsem_data.runtime.corpus import save_state
from audsem_data.runtime.engine import Engine
from audsem_data.runtime.guard import Guard
from audsem_data.runtime.in_turn import InTurn
from audsem_data.runtime.ledger import Ledger
from audsem_data.runtime.pending import pending_tasks
from audsem_data.runtime.progress import progress
from audsem_data.runtime.repartition import finish_parts, plan_parts
from audsem_data.runtime.staleness import check_drift
from audsem_data.runtime.state import is_stale, load_state
from audsem_data.runtime.tasks import MapTask, Report, SummaryTask, Task
from audsem_data.runtime.unfinished import ENDING, Unfinished
from audsem_data.storage.lock import stage_lock

logger = logging.getLogger(__name__)

# Up to this many failed rows a fraction says nothing: one broken video of six is no reason to stop.
FEW = 10


def _none(report: Report) -> list[Task]:
    return []


@dataclass
class StageSummary:
    """What a stage's committed shards hold, and how many of them this run made."""

    name: str
    shards: int = 0
    worked: int = 0
    rows_in: int = 0
    rows_out: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def failed(self) -> int:
        """Return how many rows failed."""
        fates = (Status.FAILED_TRANSIENT, Status.FAILED_PERMANENT)
        return sum(count for name, count in self.counts.items() if name.split(":")[0] in fates)


class Driver:
    """Runs stages of one workspace for one command."""

    def __init__(self, context: Context, engine: Engine, shown: bool = True) -> None:
        self.context, self.ledger = context, Ledger(context)
        self._engine, self._shown = engine, shown
        self._leases: dict[str, str] = {}

    def run_all(self, groups: Sequence[Sequence[str]]) -> Iterator[StageSummary]:
        """Run groups of stages one after another, having first refused what would be refused half-way.

        One record a stage tells: `run` looks at all of them, under the stage's lock. A stage that fails holds up
        those that read it, and no others.

        Raises:
            AudsemError: as `run` does, the first error after all that could be done is done; its notes name the
                other errors and the stages that wait.
        """
        for stage in [self.context.stage(name) for names in groups for name in names]:
            for shard in self.context.workspace.shards(stage)[:1]:
                if record := self.context.workspace.record(stage, shard):
                    check_drift(self.context, stage, {shard: record})
        unfinished = Unfinished()
        for group in groups:
            names = unfinished.free([self.context.stage(name) for name in group])
            try:
                yield from self.run(names) if names else ()
            except ENDING:
                raise
            except AudsemError as error:
                unfinished.add(error, self._unfinished(names))
        unfinished.finish()

    def run(self, names: Sequence[str]) -> list[StageSummary]:
        """Run a stage, or several map stages as a group, and return a summary of each.

        Stages of which one uses up what another shelves are run in turn, shard by shard. What is tolerated is
        judged by all rows of a stage, never by the shards that happened to be first.

        Raises:
            RecipeDriftError: a record was made under other options; nothing was changed.
            StageBusyError: another driver holds one of the stages.
            ToleranceError: more rows failed than tolerated; what is done stays done.
            AudsemError: the first error that a shard met, after the other shards were finished.
        """
        if self._engine.stopping:
            raise KeyboardInterrupt
        stages = [self.context.stage(name) for name in names]
        workspace = self.context.workspace
        with ExitStack() as locks:
            for stage in stages:
                self.ledger.check_upstream(stage, beside=names)
                self._leases[stage.name] = locks.enter_context(stage_lock(workspace.lock(stage), stage.name))
                records = self.ledger.reread(stage)
                check_drift(self.context, stage, records)
                workspace.sweep(stage, records)
            worked = Counter(record.stage for report in self._bring_up_to_date(stages) for record in report.records)
        if self._engine.stopping:
            raise KeyboardInterrupt
        summaries = [summarize(self.ledger, stage) for stage in stages]
        for stage, summary in zip(stages, summaries, strict=True):
            summary.worked = worked[stage.name]
            _check_tolerance(stage, summary, self.context.options.tolerate)
        return summaries

    def _unfinished(self, names: Sequence[str]) -> list[str]:
        """Return which stages of a group that failed are not complete, or hold too many failed rows."""
        tolerate = self.context.options.tolerate
        found = []
        for stage in map(self.context.stage, names):
            complete = self.ledger.expected(stage) == len(self.ledger.of(stage))
            if not complete or _too_many(stage, summarize(self.ledger, stage), tolerate):
                found.append(stage.name)
        return found or list(names)

    def _bring_up_to_date(self, stages: Sequence[Stage]) -> list[Report]:
        stage, names = stages[0], {stage.name for stage in stages}
        if any(need.frees and need.stage in names for stage in stages for need in stage.needs):
            return self._run_in_turn(stages)
        if stage.kind is Kind.CORPUS and self._wants_state(stage):
            self._reduce(stage)
        tasks = pending_tasks(self.ledger, stages)
        for one in stages:
            check_space(self.ledger, one, len(tasks))
        reports = self._work(tasks, stages, self._expected_rows(tasks))
        if stage.kind is Kind.REPARTITION and not self._engine.stopping:
            self._finish(stage)
        return reports

    def _run_in_turn(self, stages: Sequence[Stage]) -> list[Report]:
        in_turn = InTurn(self.ledger, stages, max(self.context.options.workers, 1) + 1)
        for stage in stages:
            check_space(self.ledger, stage, len(in_turn.shards))
        return self._work(in_turn.begin(), stages, in_turn.rows, in_turn.after)

    def _work(
        self,
        tasks: Sequence[Task],
        stages: Sequence[Stage],
        rows: int,
        after: Callable[[Report], list[Task]] = _none,
    ) -> list[Report]:
        """Do tasks, and those that `after` says follow a report; returns the reports.

        Raises the first error once all that could be done is done. A disk that fails, a host that refuses, or more
        failed rows than any outcome could excuse end it sooner.
        """
        reports: list[Report] = []
        caught: list[Guard] = []
        if not tasks:
            return reports
        for task in tasks:
            self._submit(task)
        hopeless = False
        with progress("+".join(stage.name for stage in stages), rows, self._shown) as advance:
            for report in self._engine.reports(advance):
                reports.append(report)
                caught += [guard for guard in report.guards if guard.error]
                _log(report)
                for record in report.records:
                    self.ledger.take(record)
                hopeless = hopeless or self._hopeless(report, stages)
                if hopeless:
                    self._engine.halt()
                    continue
                for task in after(report):
                    self._submit(task, first=task.shard == report.task.shard)
        if caught and (error := caught[0].error):
            raise error
        return reports

    def _submit(self, task: Task, *, first: bool = False) -> None:
        self._engine.submit(replace(task, leases=dict(self._leases)), first=first)

    def _hopeless(self, report: Report, stages: Sequence[Stage]) -> bool:
        if any(isinstance(guard.error, StorageError | GovernorStoppedError) for guard in report.guards):
            return True
        maps = [stage for stage in stages if stage.kind in (Kind.MAP, Kind.CORPUS)]
        return any(
            summarize(self.ledger, stage).failed > _allowed(stage, self._rows(stage), self.context.options.tolerate)
            for stage in maps
            if any(record.stage == stage.name and record.failed for record in report.records)
        )

    def _rows(self, stage: Stage) -> int:
        return sum(record.rows_out for record in self.ledger.primary(stage).values())

    def _expected_rows(self, tasks: Sequence[Task]) -> int:
        """Return about how many rows these tasks have; 0 when nobody can know."""
        rows = 0
        for task in tasks:
            if isinstance(task, MapTask):
                primary = self.ledger.primary(self.context.stage(next(iter(task.inputs))))
                rows += primary[task.shard].rows_out
        return rows

    def _wants_state(self, stage: Stage) -> bool:
        kept = load_state(self.context, stage)
        return kept is None or (stage.renews and is_stale(kept, self.ledger.primary(stage)))

    def _reduce(self, stage: Stage) -> None:
        primary = self.ledger.primary(stage)
        reports = self._work([SummaryTask(stage.name, shard) for shard in primary], [stage], 0)
        if not self._engine.stopping:
            summaries = {report.task.shard: report.summary for report in reports}
            save_state(self.context, stage, summaries, {k: r.data.sha256 for k, r in primary.items()})

    def _finish(self, stage: Stage) -> None:
        parts = plan_parts(self.context, stage, self.ledger.upstream(stage))
        records = self.ledger.of(stage)
        for shard in sorted(set(records) - {part.index for part in parts}):
            self.ledger.drop(stage, shard)
        self.context.workspace.sweep(stage, self.ledger.of(stage))
        finish_parts(self.context, stage, parts, self.ledger.of(stage))


def summarize(ledger: Ledger, stage: Stage) -> StageSummary:
    """Add up a stage's records."""
    summary = StageSummary(stage.name)
    for record in ledger.of(stage).values():
        summary.shards += 1
        summary.rows_in += record.rows_in
        summary.rows_out += record.rows_out
        summary.counts.update(record.counts)
    return summary


def _too_many(stage: Stage, summary: StageSummary, tolerate: float | None) -> bool:
    limit = stage.tolerated if tolerate is None else tolerate
    nothing_left = limit < 1 and summary.failed == summary.rows_in > 0
    return nothing_left or summary.failed > _allowed(stage, summary.rows_in, tolerate)


def _check_tolerance(stage: Stage, summary: StageSummary, tolerate: float | None) -> None:
    if _too_many(stage, summary, tolerate):
        limit = stage.tolerated if tolerate is None else tolerate
        worst = ", ".join(f"{n} {name}" for name, n in summary.counts.most_common() if name.startswith("failed"))
        raise ToleranceError(
            f"{stage.name}: {summary.failed} of {summary.rows_in} rows failed ({worst}), more than the "
            f"{limit:.0%} that it tolerates; what is done stays. Look at `audsem-data status`, mend the cause "
            f"and `audsem-data retry {stage.name} --reason REASON`, or accept it with --tolerate FRACTION"
        )


def _allowed(stage: Stage, rows: int, tolerate: float | None) -> float:
    """Return how many of a stage's rows may fail."""
    limit = stage.tolerated if tolerate is None else tolerate
    return max(FEW, limit * rows) if limit > 0 else 0


def check_space(ledger: Ledger, stage: Stage, pending: int) -> None:
    """Raise StorageError when the shards that are left will not fit, judging by those that are done."""
    records = ledger.of(stage).values()
    if not records or not pending:
        return
    size = sum(entry.bytes for record in records for entry in record.files) / len(records) * pending
    free = shutil.disk_usage(ledger.context.root).free
    if size > free:
        raise StorageError(
            f"{stage.name} is about to write {size / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free; free some "
            "space (`audsem-data clean` gives back intermediates) and run the same command again"
        )


def _log(report: Report) -> None:
    for record in report.records:
        logger.info(
            "%s %s: %d rows in, %d out, %s, %.2f s",
            record.stage,
            part_name(record.shard),
            record.rows_in,
            record.rows_out,
            dict(record.counts),
            record.seconds,
        )
    for guard in report.guards:
        if guard.error:
            logger.error("%s: %s\n%s", guard.where, guard.error, guard.details)
