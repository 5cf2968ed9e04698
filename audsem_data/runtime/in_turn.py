"""The order of tasks where stages use up what others shelve: each shard goes through all of them in turn."""

from collections import deque
from collections.abc import Sequence

from audsem_data.core.stage import Stage
from audsem_data.runtime.ledger import Ledger
from audsem_data.runtime.pending import map_task, pending_tasks
from audsem_data.runtime.tasks import MapTask, Report, Task


class InTurn:
    """Submit what `begin` returns, and after each report what `after` returns.

    Shards do not wait for each other: while one is cut, others are fetched. At most `most` shards are begun and not
    through, which bounds what lies on shelves.
    """

    def __init__(self, ledger: Ledger, stages: Sequence[Stage], most: int) -> None:
        self._ledger, self._stages, self._most = ledger, stages, most
        self.shards = sorted({task.shard for stage in stages for task in pending_tasks(ledger, [stage])})
        self._waiting = deque(self.shards)

    @property
    def rows(self) -> int:
        """About how many rows the tasks will have."""
        primary = self._ledger.primary(self._stages[0])
        return sum(primary[shard].rows_out for shard in self.shards if shard in primary) * len(self._stages)

    def begin(self) -> list[Task]:
        """Return the first tasks."""
        return [task for _ in range(self._most) if (task := self._next_shard())]

    def after(self, report: Report) -> list[Task]:
        """Return what may be done now: the shard's next stage, or another shard's first where it is through."""
        task = report.task
        names = [stage.name for stage in self._stages]
        done = names.index(next(iter(task.inputs))) if isinstance(task, MapTask) else len(names)
        failed = any(guard.error for guard in report.guards)
        following = None if failed else self._task(task.shard, done + 1)
        following = following or self._next_shard()
        return [following] if following else []

    def _next_shard(self) -> Task | None:
        while self._waiting:
            if task := self._task(self._waiting.popleft(), 0):
                return task
        return None

    def _task(self, shard: int, place: int) -> Task | None:
        tasks = (map_task(self._ledger, [stage], shard) for stage in self._stages[place:])
        return next((task for task in tasks if task), None)
