"""Join all that the annotators say of a clip into one row of evidence; what is absent is null, with its reason.

Each annotator of the recipe is one nullable struct, named as the annotator is: `acoustics` for
`annotate-acoustics`. It is there; or not applicable, because the annotator leaves such clips out (music captions of
a clip without music, pictures of a sound-only source); or missing, because it failed or did not run. Only what is
missing makes the evidence incomplete.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from audsem_data.core.outcome import Done
from audsem_data.core.schema import CAPTION, INTERVAL, Column
from audsem_data.core.stage import Item, Needs, NoConfig, stage
from audsem_data.stages.filter.score_duration import LONG_ENOUGH

ABSENT = pa.list_(pa.struct([("stage", pa.string()), ("reason", pa.string())]))


@stage(
    "combine",
    version=2,
    needs=[
        Needs("standardize", ("video_id", "start_ms", "end_ms")),
        Needs("select-captions", ("text", "caption")),
    ],
    joins="annotate-",
    over=LONG_ENOUGH,
    emits=[
        *INTERVAL,
        *CAPTION,
        Column("missing", ABSENT, "annotators that should have a result for the clip and have none, and why"),
        Column("not_applicable", ABSENT, "annotators that leave such clips out, and why"),
        Column("complete", pa.bool_(), "whether no annotator's result is missing"),
    ],
    tolerated=0.0,
)
def open_combine(config: NoConfig) -> Callable[[Sequence[Item]], list[Done]]:
    """Return what joins."""

    def process(items: Sequence[Item]) -> list[Done]:
        return [Done.one(**_evidence(item)) for item in items]

    return process


def _evidence(item: Item) -> dict[str, Any]:
    missing, not_applicable = _listed(item.missing), _listed(item.not_applicable)
    return {**item.values, "missing": missing, "not_applicable": not_applicable, "complete": not missing}


def _listed(reasons: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"stage": stage, "reason": reason} for stage, reason in sorted(reasons.items())]
