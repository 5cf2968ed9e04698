"""Decide which clips examples are written of: all thresholds stand here, and nothing before has dropped a clip.

Source: paper, section 3 and appendix C.2.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum

import pyarrow as pa
from pydantic import Field

from audsem_data.core.outcome import Done
from audsem_data.core.schema import Column
from audsem_data.core.stage import Config, Item, Needs, stage


class SelectClipsConfig(Config):
    """The thresholds; annotators run over the clips that meet the first."""

    min_duration_ms: int = Field(3000, ge=0, description="shortest clip, in ms (paper: 3 s)")
    require_evidence: bool = Field(
        True, description="keep only clips of which no annotator's result is missing; not applicable is not missing"
    )


class Unfit(StrEnum):
    """Why a clip is not kept, in the order in which it is asked."""

    TOO_SHORT = "too_short"
    NO_MEDIA = "no_media"
    INCOMPLETE_EVIDENCE = "incomplete_evidence"


@stage(
    "select-clips",
    version=1,
    needs=[
        Needs("select-captions", ("caption",)),
        Needs("score-duration", ("duration_ms",)),
        Needs("combine", ("complete",), optional=True),
    ],
    emits=[
        Column("keep", pa.bool_(), "whether examples are written of the clip"),
        Column("reason", pa.string(), "why not: too_short, no_media or incomplete_evidence", nullable=True),
    ],
    config=SelectClipsConfig,
)
def open_select_clips(config: SelectClipsConfig) -> Callable[[Sequence[Item]], list[Done]]:
    """Return what decides."""

    def process(items: Sequence[Item]) -> list[Done]:
        return [Done.one(keep=reason is None, reason=reason) for reason in (_unfit(i, config) for i in items)]

    return process


def _unfit(item: Item, config: SelectClipsConfig) -> Unfit | None:
    if item["duration_ms"] < config.min_duration_ms:
        return Unfit.TOO_SHORT
    if item["complete"] is None:
        return Unfit.NO_MEDIA
    if config.require_evidence and not item["complete"]:
        return Unfit.INCOMPLETE_EVIDENCE
    return None
