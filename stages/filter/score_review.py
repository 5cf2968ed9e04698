"""Take what people decided who listened in `audsem-data browse`: a clip that they rejected is not kept.

A clip that nobody decided on has no score, and nothing follows from that. When more has been decided, the digest of
the decisions differs from what is committed: `audsem-data invalidate score-review`, then `run`, takes them in.
Source: ours.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
from pydantic import Field

from audsem_data.core.errors import UsageError
from audsem_data.core.outcome import Done, Filtered, Outcome, Reason
from audsem_data.core.schema import Column
from audsem_data.core.stage import Config, Filter, Item, Needs, Process, run_only, stage
from audsem_data.storage.reviews import Reviews, Verdict, reviews_digest


class ReviewReason(Reason):
    """Why a clip has no score."""

    NOT_REVIEWED = "not_reviewed", "nobody has accepted or rejected the clip"


class ScoreReviewConfig(Config):
    """Where the decisions are."""

    file: str = run_only("", "the file that `audsem-data browse` keeps decisions in: W/reviews.sqlite")
    every_clip: bool = Field(False, description="keep only clips that were accepted: those not reviewed score 0")


def identity_of(config: ScoreReviewConfig) -> Mapping[str, str]:
    """Return the digest of the decisions, so that shards of different decisions never mix."""
    return {"reviews": reviews_digest(Reviews(Path(config.file)).all()) if config.file else "none"}


@stage(
    "score-review",
    version=1,
    needs=[Needs("select-captions", ("caption",))],
    emits=[Column("accepted", pa.float32(), "1 where a person accepted the clip, 0 where one rejected it")],
    config=ScoreReviewConfig,
    reasons=[ReviewReason],
    identity=identity_of,
    filter=Filter("accepted", "rejected_by_listener", "a person who listened rejected the clip", at_least=1),
)
def open_score_review(config: ScoreReviewConfig) -> Process:
    """Return what looks decisions up; raises UsageError for a file that is not there."""
    if not Path(config.file).is_file():
        raise UsageError(
            f"score-review.file: there is no file of decisions at {config.file or '(not set)'}; "
            "give the one that `audsem-data browse` names"
        )
    verdicts = {review.clip_id: review.verdict for review in Reviews(Path(config.file)).all() if review.verdict}

    def process(items: Sequence[Item]) -> list[Outcome]:
        return [_score(verdicts.get(item.key), every_clip=config.every_clip) for item in items]

    return process


def _score(verdict: Verdict | None, *, every_clip: bool) -> Outcome:
    if verdict is None and not every_clip:
        return Filtered(ReviewReason.NOT_REVIEWED)
    return Done.one(accepted=float(verdict == Verdict.ACCEPT))
