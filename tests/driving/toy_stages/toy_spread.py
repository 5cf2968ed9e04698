"""Make as many rows of a number as it says."""

from collections.abc import Callable, Sequence

import pyarrow as pa

from audsem_data.core.outcome import Done
from audsem_data.core.schema import CLIP_ID, Column
from audsem_data.core.stage import Item, Needs, NoConfig, Over, stage

from .calls import note


@stage(
    "toy-spread",
    version=1,
    needs=[Needs("toy-double", ("doubled",))],
    over=Over("toy-mean", "distance", at_least=("toy-keep", "least")),
    key=Column("part_id", pa.string(), "clip and number"),
    emits=[CLIP_ID],
)
def open_spread(config: NoConfig) -> Callable[[Sequence[Item]], list[Done]]:
    """Return what spreads."""

    def process(items: Sequence[Item]) -> list[Done]:
        note("spread", items)
        return [
            Done([{"part_id": f"{i.key}_{n:03d}", "clip_id": i.key} for n in range(i["doubled"])]) for i in items
        ]

    return process
