"""Measure how long each clip is, before anything is spent on it.

Source: paper, section 3 (clips under 3 s are removed).
"""

from collections.abc import Callable, Sequence

import pyarrow as pa

from audsem_data.core.outcome import Done
from audsem_data.core.schema import Column
from audsem_data.core.stage import Filter, Item, Needs, NoConfig, Over, stage

# What annotators run over: no model is asked about clips that `select-clips` would drop as too short.
LONG_ENOUGH = Over("score-duration", "duration_ms", at_least=("select-clips", "min_duration_ms"))


@stage(
    "score-duration",
    version=1,
    needs=[Needs("select-captions", ("start_ms", "end_ms"))],
    emits=[Column("duration_ms", pa.int64(), "length of the clip", "ms")],
    filter=Filter("duration_ms", "too_short", "the clip is shorter than the threshold", at_least=3000),
)
def open_score_duration(config: NoConfig) -> Callable[[Sequence[Item]], list[Done]]:
    """Return what measures clips."""

    def process(items: Sequence[Item]) -> list[Done]:
        return [Done.one(duration_ms=item["end_ms"] - item["start_ms"]) for item in items]

    return process
