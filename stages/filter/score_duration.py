"""Measure how long each clip is, before anything is spent on it.

Source: paper, section 3 (clips under 3 s are removed). The threshold is an option of `select-clips`.
"""

from collections.abc import Callable, Sequence

import pyarrow as pa

from audsem_data.core.outcome import Done
from audsem_data.core.schema import Column
from audsem_data.core.stage import Item, Needs, NoConfig, stage


@stage(
    "score-duration",
    version=1,
    needs=[Needs("select-captions", ("start_ms", "end_ms"))],
    emits=[Column("duration_ms", pa.int64(), "length of the clip", "ms")],
)
def open_score_duration(config: NoConfig) -> Callable[[Sequence[Item]], list[Done]]:
    """Return what measures clips."""

    def process(items: Sequence[Item]) -> list[Done]:
        return [Done.one(duration_ms=item["end_ms"] - item["start_ms"]) for item in items]

    return process
