"""What a driver asks of an engine: to work on tasks somewhere, and to report on each."""

from collections.abc import Callable, Iterator
from typing import Protocol

from audsem_data.runtime.tasks import Report, Task

Progress = Callable[[int], None]


class Engine(Protocol):
    """Where tasks are worked on: the processes of this machine (`local_engine`), or those of a cluster.

    An engine orders nothing but its queue and commits nothing itself: which tasks there are is the driver's to say,
    and the task's worker commits.
    """

    @property
    def stopping(self) -> bool:
        """Say whether `stop` was called."""
        ...

    def submit(self, task: Task, *, first: bool = False) -> None:
        """Queue a task, behind the others or before them."""
        ...

    def reports(self, progress: Progress) -> Iterator[Report]:
        """Yield a report for every task as it ends, until none is left; `submit` may be called meanwhile.

        A worker that dies is replaced, and its task tried again; what a task raises is in its report. `progress` is
        called with numbers of rows as they are done.
        """
        ...

    def halt(self) -> None:
        """Forget the tasks that are queued; those in work end, and are reported."""
        ...

    def stop(self) -> None:
        """Begin no task from now on, whatever is submitted; those in work end, and are reported."""
        ...
