"""Say how far numbers are from the mean of all numbers."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from audsem_data.core.model import Device
from audsem_data.core.outcome import Done
from audsem_data.core.schema import Column
from audsem_data.core.stage import Item, Kind, Needs, NoConfig, stage

from .calls import flag, note


class Mean:
    """Sums of shards, their mean, and the distance from it."""

    def summarize(self, items: Sequence[Item]) -> list[int]:
        """Return sum and count."""
        if flag("break-b").exists() and items[0].key.startswith("b"):
            raise ZeroDivisionError("a defect of the toy")
        note("summarize", items)
        return [sum(item["value"] for item in items), len(items)]

    def reduce(self, summaries: Sequence[list[int]]) -> float:
        """Return the mean."""
        return sum(s[0] for s in summaries) / sum(s[1] for s in summaries)

    def apply(self, state: Any) -> Callable[[Sequence[Item]], list[Done]]:
        """Return what measures distances."""
        return lambda items: [Done.one(distance=item["value"] - state) for item in items]


@stage(
    "toy-mean",
    version=1,
    kind=Kind.CORPUS,
    needs=[Needs("toy-count", ("value",))],
    emits=[Column("distance", pa.float64(), "number minus mean")],
)
def open_mean(config: NoConfig, device: Device) -> Mean:
    """Return the three steps."""
    with Path(os.environ["TOY_CALLS"]).open("a") as stream:
        stream.write(f"device {device.name}\n")
    return Mean()
