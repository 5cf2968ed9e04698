"""Read the numbers that were fetched; the number 100 waits until 102 has been fetched."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa

from audsem_data.core.outcome import Done
from audsem_data.core.schema import Column
from audsem_data.core.stage import Item, Needs, NoConfig, stage

from .calls import flag, note

_PATIENCE = 60  # seconds


@stage(
    "toy-cut",
    version=1,
    needs=[Needs("toy-count"), Needs("toy-fetch", locators=("file",), optional=True, frees=True)],
    emits=[Column("read", pa.int64(), "what the file holds", nullable=True)],
)
def open_cut(config: NoConfig) -> Callable[[Sequence[Item]], list[Done]]:
    """Return what reads."""

    def process(items: Sequence[Item]) -> list[Done]:
        values = [int(Path(item["file"]).read_text()) if item["file"] else None for item in items]
        if 100 in values:
            _wait_for(flag("fetched-102"))
        note("cut", items)
        return [Done.one(read=value) for value in values]

    return process


def _wait_for(path: Path) -> None:
    given_up = time.monotonic() + _PATIENCE
    while not path.exists():
        if time.monotonic() > given_up:
            raise TimeoutError(path)
        time.sleep(0.01)
