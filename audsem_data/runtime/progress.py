"""What a person sees while a stage runs: a bar with rows/s and time left on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Reporter(Protocol):
    """Takes the number of rows that were just finished."""

    def __call__(self, rows: int, /) -> None:
        """Count finished rows."""
        ...


@contextmanager
def progress(label: str, total: int, shown: bool = True) -> Iterator[Reporter]:
    """Show the progress of `total` rows (0: unknown); a plain line every ten seconds without a terminal."""
    if not shown:
        yield lambda rows: None
    elif sys.stderr.isatty():
        with _bar(label, total) as reporter:
            yield reporter
    else:
        yield _Lines(label, total)


class _Lines:
    def __init__(self, label: str, total: int) -> None:
        self._label, self._total = label, total
        self._done, self._started = 0, time.monotonic()
        self._next = self._started + 10

    def __call__(self, rows: int, /) -> None:
        self._done += rows
        now = time.monotonic()
        if now >= self._next:
            rate = self._done / (now - self._started)
            of = f" of {self._total}" if self._total else ""
            sys.stderr.write(f"{self._label}: {self._done}{of} rows, {rate:.1f} rows/s\n")
            self._next = now + 10


@contextmanager
def _bar(label: str, total: int) -> Iterator[Reporter]:
    from rich.console import Console  # noqa: PLC0415  (only where there is a terminal)
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(label, total=total or None, rate="")
        started = time.monotonic()

        def advance(rows: int, /) -> None:
            done = shown.tasks[0].completed + rows
            rate = done / max(time.monotonic() - started, 1e-3)
            shown.update(task, completed=done, rate=f"{rate:.1f} rows/s")

        yield advance
