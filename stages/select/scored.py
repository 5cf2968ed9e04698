"""Captions with the scores that classifiers gave them, as select-captions reads them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from audsem_data.core.errors import StageError
from audsem_data.core.keys import clip_id, parse_clip_id
from audsem_data.core.layout import Upstream
from audsem_data.core.schema import CUE_ID

CLASSIFIERS = ("lexicon", "encoder", "llm")
WHERE = ("video_id", "start_ms", "end_ms")
CONTENT = (*WHERE, "text", "caption", "language", "media_signature")
MASKED = "mask-names"
_KEY = CUE_ID.name


class Scored(NamedTuple):
    """A caption of a shard: its cue id, its clip id, its columns and its score by classifier."""

    cue: str
    clip: str
    row: Mapping[str, Any]
    scores: Mapping[str, float]


def classifiers_of(upstream: Upstream, wanted: Collection[str]) -> list[str]:
    """Return the classifiers that have scored the captions, of those wanted; raises StageError if none has."""
    shards = upstream.shards("extract-sdh")
    found = [name for name in CLASSIFIERS if name in wanted and upstream.shards(f"classify-{name}")]
    if shards and not found:
        named = ", ".join(f"classify-{name}" for name in CLASSIFIERS)
        raise StageError(f"no classifier whose threshold is set has scored the captions; run one of {named}")
    for name in found:
        if upstream.shards(f"classify-{name}") != shards:
            raise StageError(f"classify-{name} has not scored all captions; run it again before select-captions")
    return found


def scored(upstream: Upstream, shard: int, columns: Sequence[str], classifiers: Sequence[str]) -> Iterator[Scored]:
    """Yield the captions of a shard that exclude.txt leaves; raises StageError where the stages' keys differ."""
    scores = {name: _scores(upstream, shard, name) for name in classifiers}
    masked = _masked(upstream, shard, columns)
    for batch in upstream.table("extract-sdh", shard, (_KEY, *columns)).to_batches(max_chunksize=4096):
        for row in batch.to_pylist():
            cue = row.pop(_KEY)
            row |= masked.get(cue, {})
            of_cue = {name: by_cue.pop(cue, None) for name, by_cue in scores.items()}
            if upstream.excluded(row["video_id"]):
                continue
            for name, score in of_cue.items():
                if score is None:
                    raise _differ(shard, cue, "extract-sdh", f"classify-{name}")
            yield Scored(cue, clip_id(row["video_id"], row["start_ms"], row["end_ms"]), row, of_cue)  # type: ignore[arg-type]
    for name, by_cue in scores.items():
        for cue in by_cue:
            if not upstream.excluded(parse_clip_id(cue).video_id):
                raise _differ(shard, cue, f"classify-{name}", "extract-sdh")


def _masked(upstream: Upstream, shard: int, columns: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """Return the columns that mask-names has rewritten, by cue id; none where the recipe does not run it."""
    wanted = [name for name in ("text", "caption") if name in columns]
    if not wanted or not upstream.shards(MASKED):
        return {}
    if upstream.shards(MASKED) != upstream.shards("extract-sdh"):
        raise StageError(f"{MASKED} has not read all captions; run it again before select-captions")
    rows = upstream.table(MASKED, shard, (_KEY, *wanted)).to_pylist()
    return {row.pop(_KEY): row for row in rows}


def _scores(upstream: Upstream, shard: int, name: str) -> dict[str, float]:
    table = upstream.table(f"classify-{name}", shard, (_KEY, "score"))
    # Scores are stored as float32: 0.7 must not fall below a threshold of 0.7.
    return dict(
        zip(table[_KEY].to_pylist(), (round(score, 4) for score in table["score"].to_pylist()), strict=True)
    )


def _differ(shard: int, cue: str, has: str, lacks: str) -> StageError:
    return StageError(f"shard {shard}: {has} has {cue} and {lacks} has not; run both again before select-captions")
