"""Decide which clips examples are written of: every score has its say here, and nothing before has dropped a clip.

Each `score-*` stage of the recipe declares its threshold and its reason. A clip whose score is on the wrong side of
a filter that is on is not kept; where several are, the first by name is told. A score that does not apply to a clip
says nothing; one that is missing leaves the evidence incomplete.
Source: paper, section 3 and appendix C.2.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import pyarrow as pa
from pydantic import Field

from audsem_data.core.errors import UsageError
from audsem_data.core.outcome import Done
from audsem_data.core.schema import Column
from audsem_data.core.stage import Config, Filter, Item, Needs, registered, stage

SCORES = "score-"
NO_MEDIA, INCOMPLETE_EVIDENCE = "no_media", "incomplete_evidence"


class SelectClipsConfig(Config):
    """The thresholds that differ from those that scores declare."""

    min_duration_ms: int = Field(
        3000, ge=0, description="shortest clip, in ms (paper: 3 s); annotators run over clips that meet it"
    )
    require_evidence: bool = Field(
        True, description="keep only clips of which no result is missing; not applicable is not missing"
    )
    thresholds: dict[str, bool | float] = Field(
        {},
        description="by score, where it differs from what is declared: a number, or false or true for off or on: "
        "{outliers: 0.8}",
    )

    def threshold(self, score: str, declared: Filter) -> float | bool:
        """Return the threshold of a score; True is the declared one, False none."""
        given = {"duration": float(self.min_duration_ms), **self.thresholds}
        return given.get(score, declared.on)


@stage(
    "select-clips",
    version=2,
    needs=[Needs("select-captions", ("caption",)), Needs("combine", ("complete",), optional=True)],
    joins=SCORES,
    shows_joined=False,
    emits=[
        Column("keep", pa.bool_(), "whether examples are written of the clip"),
        Column("reason", pa.string(), "why not: a filter's reason, no_media or incomplete_evidence", nullable=True),
    ],
    config=SelectClipsConfig,
)
def open_select_clips(config: SelectClipsConfig) -> Callable[[Sequence[Item]], list[Done]]:
    """Return what decides; raises UsageError for a threshold of a score that is not there."""
    known = {_short(name): one.filter for name, one in registered().items() if one.filter}
    for name in config.thresholds:
        if name not in known:
            said = ", ".join(sorted(known))
            raise UsageError(f"select-clips.thresholds: no filter is called {name!r}; filters: {said}")

    def process(items: Sequence[Item]) -> list[Done]:
        reasons = [_unfit(item, config, known) for item in items]
        return [Done.one(keep=reason is None, reason=reason) for reason in reasons]

    return process


def _short(stage: str) -> str:
    return stage.removeprefix(SCORES).replace("-", "_")


def _unfit(item: Item, config: SelectClipsConfig, known: Mapping[str, Filter]) -> str | None:
    """Return why a clip is not kept: what was measured of it first, then what is missing."""
    if reason := next(_refused(item, config, known), None):
        return reason
    if item["complete"] is None:
        return NO_MEDIA
    if config.require_evidence and (not item["complete"] or _unscored(item, config, known)):
        return INCOMPLETE_EVIDENCE
    return None


def _refused(item: Item, config: SelectClipsConfig, known: Mapping[str, Filter]) -> Iterator[str]:
    """Yield the reasons of the filters that a clip does not pass, by name."""
    for name in sorted(known.keys() & item.values.keys()):
        threshold, scores = config.threshold(name, known[name]), item[name]
        if threshold is False or scores is None:
            continue
        if not known[name].keeps(scores[known[name].column], None if threshold is True else threshold):
            yield known[name].reason


def _unscored(item: Item, config: SelectClipsConfig, known: Mapping[str, Filter]) -> bool:
    """Say whether the score of a filter that is on is missing."""
    missing = {_short(stage) for stage in item.missing}
    return any(config.threshold(name, known[name]) is not False for name in missing & known.keys())
