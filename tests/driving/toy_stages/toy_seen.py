"""Say whether a number was there before, of a state that grows with the rows."""

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa

from audsem_data.core.outcome import Done
from audsem_data.core.schema import Column
from audsem_data.core.stage import Item, Kind, Needs, NoConfig, stage


class Seen:
    """All numbers, and how many rounds it took."""

    def summarize(self, items: Sequence[Item]) -> list[int]:
        """Return the numbers."""
        return [item["value"] for item in items]

    def reduce(self, summaries: Sequence[list[int]], before: Any) -> dict[str, Any]:
        """Return all numbers, and a round more than before."""
        return {
            "numbers": [number for one in summaries for number in one],
            "round": before["round"] + 1 if before else 1,
        }

    def apply(self, state: Any) -> Callable[[Sequence[Item]], list[Done]]:
        """Return what counts how often each occurs."""
        return lambda items: [
            Done.one(times=state["numbers"].count(item["value"]), round=state["round"]) for item in items
        ]


@stage(
    "toy-seen",
    version=1,
    kind=Kind.CORPUS,
    needs=[Needs("toy-count", ("value",))],
    emits=[Column("times", pa.int64(), "how often"), Column("round", pa.int64(), "of which state")],
    renews=True,
)
def open_seen(config: NoConfig) -> Seen:
    """Return the three steps."""
    return Seen()
