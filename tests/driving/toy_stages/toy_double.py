"""Double numbers; negative ones fail for good, 13 fails until the flag `lucky` is there, 666 ends the worker."""

import os
import signal
from collections.abc import Callable, Sequence

import pyarrow as pa
from pydantic import Field

from audsem_data.core.outcome import Done, Failed, Outcome, Reason
from audsem_data.core.schema import Column
from audsem_data.core.stage import Config, Item, Needs, stage

from .calls import flag, note


class Toy(Reason):
    """What can go wrong."""

    NEGATIVE = "negative", "the number is below zero"
    UNLUCKY = "unlucky", "the number is 13", True


class DoubleConfig(Config):
    """The factor."""

    factor: int = Field(2, description="what numbers are multiplied with")


@stage(
    "toy-double",
    version=1,
    needs=[Needs("toy-count", ("value",))],
    emits=[Column("doubled", pa.int64(), "the number times the factor")],
    config=DoubleConfig,
    reasons=[Toy],
    tolerated=1.0,
    batch=2,
)
def open_double(config: DoubleConfig) -> Callable[[Sequence[Item]], list[Outcome]]:
    """Return what doubles."""
    note("open", [])

    def process(items: Sequence[Item]) -> list[Outcome]:
        note("double", items)
        return [_double(item, config.factor) for item in items]

    return process


def _double(item: Item, factor: int) -> Outcome:
    value = item["value"]
    if value == 666 and not flag("spared").exists():
        if flag("once").exists():
            flag("spared").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if value < 0:
        return Failed(Toy.NEGATIVE, str(value))
    if value == 13 and not flag("lucky").exists():
        return Failed(Toy.UNLUCKY, "not yet")
    return Done.one(doubled=value * factor)
