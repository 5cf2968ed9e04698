"""Join all that the annotators say of a clip into one row of evidence; what is missing is null, with its reason.

Each annotator of the recipe is one nullable struct, named as the annotator is: `acoustics` for
`annotate-acoustics`.
"""

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa

from audsem_data.core.outcome import Done
from audsem_data.core.schema import CAPTION, INTERVAL, Column
from audsem_data.core.stage import Item, Needs, NoConfig, Over, stage

MISSING = pa.list_(pa.struct([("stage", pa.string()), ("reason", pa.string())]))


@stage(
    "combine",
    version=1,
    needs=[
        Needs("standardize", ("video_id", "start_ms", "end_ms")),
        Needs("select-captions", ("text", "caption")),
    ],
    joins="annotate-",
    over=Over("score-duration", "duration_ms", at_least=("select-clips", "min_duration_ms")),
    emits=[
        *INTERVAL,
        *CAPTION,
        Column("missing", MISSING, "annotators without a result for the clip, and why"),
        Column("complete", pa.bool_(), "whether every annotator has a result"),
    ],
    tolerated=0.0,
)
def open_combine(config: NoConfig) -> Callable[[Sequence[Item]], list[Done]]:
    """Return what joins."""

    def process(items: Sequence[Item]) -> list[Done]:
        return [Done.one(**_evidence(item)) for item in items]

    return process


def _evidence(item: Item) -> dict[str, Any]:
    missing = [{"stage": stage, "reason": reason} for stage, reason in sorted(item.missing.items())]
    return {**item.values, "missing": missing, "complete": not missing}
