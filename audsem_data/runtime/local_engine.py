"""The engine of one machine: worker processes, each with a pipe, so that a death costs its shard's attempt alone.

A worker is replaced when it dies; its task is tried once more, and reported when it kills a second worker.
Workers ignore Ctrl-C (the driver decides what to finish) and end when the driver does, however it ends.
"""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import TracebackType
from typing import Self

from audsem_data.core.errors import WorkerError
from audsem_data.runtime.context import Context
from audsem_data.runtime.engine import Progress
from audsem_data.runtime.guard import Guard
from audsem_data.runtime.tasks import Bench, Report, Task, describe

ATTEMPTS = 2
_spawn = multiprocessing.get_context("spawn")


@dataclass
class _Job:
    task: Task
    deaths: int = 0


@dataclass
class _Worker:
    process: SpawnProcess
    pipe: Connection
    number: int
    job: _Job | None = None


class LocalEngine:
    """Works on `workers` tasks at a time, or in this process where there are none; lives as long as a command."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._workers: list[_Worker] = []
        self._bench = Bench(context)
        self._queue: deque[_Job] = deque()
        self.stopping = False

    def submit(self, task: Task, *, first: bool = False) -> None:
        """Queue a task, behind the others or before them."""
        self._queue.insert(0 if first else len(self._queue), _Job(task))

    def reports(self, progress: Progress) -> Iterator[Report]:
        """Yield a report for every task as it ends; after `stop`, only for those that were begun."""
        if self._context.options.workers == 0:
            while self._queue and not self.stopping:
                yield self._bench.work(self._queue.popleft().task, progress)
        else:
            yield from self._reports_of_workers(progress)
        self._queue.clear()

    def _reports_of_workers(self, progress: Progress) -> Iterator[Report]:
        while True:
            self._assign()
            busy = [worker for worker in self._workers if worker.job]
            if not busy:
                return
            ready = wait([w.pipe for w in busy])
            for worker in [w for w in busy if w.pipe in ready]:
                report = self._receive(worker, progress)
                if report:
                    yield report

    def halt(self) -> None:
        """Forget the tasks that are queued: going on would be in vain."""
        self._queue.clear()

    def stop(self) -> None:
        """Begin no more tasks."""
        self.stopping = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            if error is not None:
                worker.process.terminate()
            worker.pipe.close()
        for worker in self._workers:
            worker.process.join()

    def _assign(self) -> None:
        while self._queue and not self.stopping:
            self._remove_dead_idle_workers()
            worker = next((w for w in self._workers if w.job is None), None)
            if worker is None:
                if len(self._workers) >= self._context.options.workers:
                    return
                worker = self._start_worker()
            worker.job = self._queue.popleft()
            with suppress(OSError):  # it has died: its pipe is at its end, which `_receive` finds
                worker.pipe.send(worker.job.task)

    def _start_worker(self) -> _Worker:
        ours, theirs = _spawn.Pipe()
        number = min(set(range(self._context.options.workers)) - {worker.number for worker in self._workers})
        context = replace(self._context, worker=number)
        process = _spawn.Process(target=_serve, args=(context, theirs), daemon=True)
        process.start()
        theirs.close()
        worker = _Worker(process, ours, number)
        self._workers.append(worker)
        return worker

    def _receive(self, worker: _Worker, progress: Progress) -> Report | None:
        try:
            message = worker.pipe.recv()
        except (EOFError, OSError):
            return self._retry_or_report(worker)
        if isinstance(message, int):
            progress(message)
            return None
        worker.job = None
        return message  # type: ignore[no-any-return]

    def _remove_dead_idle_workers(self) -> None:
        """Remove workers that died while they had nothing to do: no task is to blame."""
        for worker in [w for w in self._workers if w.job is None and not w.process.is_alive()]:
            self._remove(worker)

    def _remove(self, worker: _Worker) -> None:
        worker.process.join()
        worker.pipe.close()
        self._workers.remove(worker)

    def _retry_or_report(self, worker: _Worker) -> Report | None:
        """Remove a worker that died at work: its task is queued again, or reported the second time."""
        self._remove(worker)
        job = worker.job
        if job is None:
            return None
        job.deaths += 1
        if job.deaths < ATTEMPTS:
            self._queue.appendleft(job)
            return None
        guard = Guard(describe(job.task))
        with guard:
            raise WorkerError(
                f"{describe(job.task)} killed its worker {ATTEMPTS} times (exit code {worker.process.exitcode}; "
                "-9 is often too little memory); the other shards go on"
            )
        return Report(job.task, guards=(guard,))


def _serve(context: Context, pipe: Connection) -> None:
    """Work on what comes through the pipe until the driver closes it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with_the_driver()
    bench = Bench(context)
    while True:
        try:
            task = pipe.recv()
        except EOFError:
            return
        pipe.send(bench.work(task, pipe.send))


def _end_with_the_driver() -> None:
    """End this process when its driver is gone, so that no orphan commits after another driver took over."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
