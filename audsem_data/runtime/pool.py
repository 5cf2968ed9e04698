"""Worker processes: each has a pipe of its own, so that one that dies takes only its shard's attempt along.

A worker is replaced when it dies; its task is tried once more, and reported when it kills a second worker.
Workers ignore Ctrl-C (the driver decides what to finish) and end when the driver does, however it ends.
"""

import multiprocessing
import os
import signal
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import TracebackType
from typing import Self

from audsem_data.core.errors import WorkerError
from audsem_data.runtime.context import Context
from audsem_data.runtime.guard import Guard
from audsem_data.runtime.tasks import Bench, Report, Task, describe

ATTEMPTS = 2
_spawn = multiprocessing.get_context("spawn")

Progress = Callable[[int], None]


@dataclass
class _Worker:
    process: SpawnProcess
    pipe: Connection
    number: int
    task: Task | None = None


class Pool:
    """Runs tasks, `workers` at a time, and yields their reports as they come; lives as long as a command."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._workers: list[_Worker] = []
        self._bench = Bench(context)
        self.stopping = False
        self._halted = False

    def run(self, tasks: Iterable[Task], progress: Progress) -> Iterator[Report]:
        """Yield a report for every task, in order of completion; after `stopping` is set, only those begun."""
        self._halted = False
        if self._context.options.workers == 0:
            for task in tasks:
                if self.stopping or self._halted:
                    return
                yield self._bench.work(task, progress)
            return
        waiting = deque(tasks)
        deaths: Counter[int] = Counter()
        while True:
            self._assign(waiting)
            busy = [worker for worker in self._workers if worker.task]
            if not busy:
                return
            ready = wait([w.pipe for w in busy])
            for worker in [w for w in busy if w.pipe in ready]:
                report = self._receive(worker, waiting, deaths, progress)
                if report:
                    yield report

    def stop(self) -> None:
        """Give out no more tasks."""
        self.stopping = True

    def halt(self) -> None:
        """End the present `run` with the tasks that were begun: going on would be in vain."""
        self._halted = True

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

    def _assign(self, waiting: deque[Task]) -> None:
        while waiting and not (self.stopping or self._halted):
            self._bury_the_idle_dead()
            worker = next((w for w in self._workers if w.task is None), None)
            if worker is None:
                if len(self._workers) >= self._context.options.workers:
                    return
                worker = self._hire()
            worker.task = waiting.popleft()
            with suppress(OSError):  # it has died; its pipe is at its end, and it will be mourned
                worker.pipe.send(worker.task)

    def _hire(self) -> _Worker:
        ours, theirs = _spawn.Pipe()
        number = min(set(range(self._context.options.workers)) - {worker.number for worker in self._workers})
        context = replace(self._context, worker=number)
        process = _spawn.Process(target=_serve, args=(context, theirs), daemon=True)
        process.start()
        theirs.close()
        worker = _Worker(process, ours, number)
        self._workers.append(worker)
        return worker

    def _receive(
        self, worker: _Worker, waiting: deque[Task], deaths: Counter[int], progress: Progress
    ) -> Report | None:
        try:
            message = worker.pipe.recv()
        except (EOFError, OSError):
            return self._mourn(worker, waiting, deaths)
        if isinstance(message, int):
            progress(message)
            return None
        worker.task = None
        return message  # type: ignore[no-any-return]

    def _bury_the_idle_dead(self) -> None:
        """Remove workers that died while they had nothing to do: no task is to blame."""
        for worker in [w for w in self._workers if w.task is None and not w.process.is_alive()]:
            self._bury(worker)

    def _bury(self, worker: _Worker) -> None:
        worker.process.join()
        worker.pipe.close()
        self._workers.remove(worker)

    def _mourn(self, worker: _Worker, waiting: deque[Task], deaths: Counter[int]) -> Report | None:
        """Bury a worker that died at work: its task goes back to the queue, or is reported the second time."""
        self._bury(worker)
        task = worker.task
        if task is None:
            return None
        deaths[id(task)] += 1
        if deaths[id(task)] < ATTEMPTS:
            waiting.appendleft(task)
            return None
        guard = Guard(describe(task))
        with guard:
            raise WorkerError(
                f"{describe(task)} killed its worker {ATTEMPTS} times (exit code {worker.process.exitcode}; "
                "-9 is often too little memory); the other shards go on"
            )
        return Report(task, guards=(guard,))


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
