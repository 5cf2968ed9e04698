"""Hold a threshold, and join what is known of a number."""

from collections.abc import Callable, Sequence

import pyarrow as pa
from pydantic import Field

from audsem_data.core.outcome import Done
from audsem_data.core.schema import Column
from audsem_data.core.stage import Config, Item, Needs, stage


class KeepConfig(Config):
    """The threshold."""

    least: float = Field(-1000, description="least distance from the mean")


@stage(
    "toy-keep",
    version=1,
    needs=[Needs("toy-count", ("value",)), Needs("toy-double", ("doubled",), optional=True)],
    emits=[
        Column("known", pa.bool_(), "whether the number was doubled"),
        Column("why", pa.string(), "why not", nullable=True),
    ],
    config=KeepConfig,
)
def open_keep(config: KeepConfig) -> Callable[[Sequence[Item]], list[Done]]:
    """Return what joins."""

    def process(items: Sequence[Item]) -> list[Done]:
        absent = [{**i.missing, **i.not_applicable}.get("toy-double") for i in items]
        return [Done.one(known=i["doubled"] is not None, why=why) for i, why in zip(items, absent, strict=True)]

    return process
