"""Square numbers slowly: finished rows are kept in the spool."""

import time
from collections.abc import Callable, Sequence

import pyarrow as pa

from audsem_data.core.outcome import Done
from audsem_data.core.schema import Column
from audsem_data.core.stage import Item, Needs, NoConfig, stage

from .calls import flag, note


@stage(
    "toy-slow",
    version=1,
    needs=[Needs("toy-count"), Needs("toy-double", ("doubled",))],
    emits=[Column("square", pa.int64(), "the square")],
    spooled=True,
    batch=1,
)
def open_slow(config: NoConfig) -> Callable[[Sequence[Item]], list[Done]]:
    """Return what squares."""

    def process(items: Sequence[Item]) -> list[Done]:
        if flag("break").exists() and items[0]["doubled"] >= 6:
            raise ZeroDivisionError("a defect of the toy")
        note("slow", items)
        time.sleep(0.001)
        return [Done.one(square=item["doubled"] ** 2) for item in items]

    return process
