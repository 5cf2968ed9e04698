"""Keep the captions that read like sounds, one for an interval of a video, and lay them out by video.

A caption is kept whose score is at least the threshold. Of several with the same interval (tracks of one video)
the one with the smallest cue id is kept. The clips of a video stay in one shard, for good: videos that the
workspace has seen keep theirs, new ones fill new shards in the order of their ids. What `limit` leaves out
changes no shard, so that a trial on a few clips grows into the whole.
Source: paper, appendix on data collection (captions that the classifiers agree on; shards of 4,096 clips).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
from pydantic import Field

from audsem_data.core.errors import StageError
from audsem_data.core.keys import clip_id, parse_clip_id, sort_key
from audsem_data.core.layout import Layout, Part, Repartition, Upstream
from audsem_data.core.outcome import Done, Filtered, Outcome, Reason
from audsem_data.core.schema import CAPTION, CLIP_ID, CUE_ID, INTERVAL, ORIGIN, Column
from audsem_data.core.stage import Config, Kind, Needs, stage
from audsem_data.stages.select.layout import Smallest, pack_videos
from audsem_data.storage.parquet import write_rows

_KEY = CUE_ID.name
_WHERE = ("video_id", "start_ms", "end_ms")
_CONTENT = (*_WHERE, "text", "caption", "language", "media_signature")
_SALT = "select-captions-limit"


class SelectConfig(Config):
    """Which captions become clips, and how many make a shard."""

    min_lexicon_score: float = Field(
        0.5,
        ge=0,
        le=1,
        description="least score of classify-lexicon; 0.5: one sound named, or a thing and what it does "
        "(paper: two models instead, both must agree)",
    )
    shard_clips: int = Field(4096, ge=1, description="most clips in a shard (paper: 4,096)")
    limit: int | None = Field(None, ge=1, description="most clips in all, chosen by a hash of their ids; null: all")


class SelectReason(Reason):
    """Why a caption becomes no clip."""

    BELOW_THRESHOLD = "below_threshold", "its score is below min_lexicon_score"
    DUPLICATE_INTERVAL = "duplicate_interval", "the video has a caption of the same interval; detail names it"
    OVER_LIMIT = "over_limit", "not among the clips that limit keeps"


EMITS = (
    *INTERVAL,
    *CAPTION,
    *ORIGIN,
    Column("lexicon_score", pa.float32(), "how much the caption reads like a sound: 0 to 1"),
)


@stage(
    "select-captions",
    version=1,
    needs=[Needs("extract-sdh", _CONTENT, locators=("media",)), Needs("classify-lexicon", ("score",))],
    emits=EMITS,
    config=SelectConfig,
    kind=Kind.REPARTITION,
    reasons=[SelectReason],
    tolerated=0.0,
)
def open_select_captions(config: SelectConfig) -> Repartition:
    """Return the repartition."""
    return _SelectCaptions(config)


class _Scored(NamedTuple):
    """A caption of a shard: its cue id, its clip id, its columns and its score."""

    cue: str
    clip: str
    row: Mapping[str, Any]
    score: float


class _SelectCaptions:
    def __init__(self, config: SelectConfig) -> None:
        self._config = config

    def plan(self, upstream: Upstream, partition: Mapping[str, int]) -> Layout:
        """Count the captions to keep by video, from keys and scores alone, and give every video its shard."""
        counts: dict[str, int] = {}
        shards: dict[str, list[int]] = {}
        smallest = Smallest(self._config.limit, _SALT) if self._config.limit else None
        for shard in upstream.shards("extract-sdh"):
            clips: set[str] = set()
            for caption in _scored(upstream, shard, _WHERE):
                video = caption.row["video_id"]
                counts.setdefault(video, 0)
                if shards.setdefault(video, [shard])[-1] != shard:
                    shards[video].append(shard)
                if caption.score >= self._config.min_lexicon_score and caption.clip not in clips:
                    clips.add(caption.clip)
                    counts[video] += 1
            if smallest:
                smallest.add(clips)
        full = pack_videos(counts, partition, self._config.shard_clips)
        limited = smallest.names() if smallest else None
        return Layout(list(_parts(full, shards, limited)), full)

    def build(self, part: Part, upstream: Upstream, out: Path) -> Iterable[tuple[str, Outcome]]:
        """Write the captions of the part's videos that are kept; every other one has its reason."""
        videos = frozenset(part.payload["videos"])
        captions = [
            caption
            for shard in part.reads["extract-sdh"]
            for caption in _scored(upstream, shard, (*_CONTENT, "media"))
            if caption.row["video_id"] in videos
        ]
        captions.sort(key=lambda caption: (sort_key(caption.clip), sort_key(caption.cue)))
        fates = list(_fates(captions, self._config.min_lexicon_score, part.payload.get("limited")))
        kept = (
            {CLIP_ID.name: caption.clip, **caption.row, "lexicon_score": caption.score}
            for caption, (_, outcome) in zip(captions, fates, strict=True)
            if isinstance(outcome, Done)
        )
        write_rows(out, (CLIP_ID, *EMITS), kept)
        return fates

    def finish(self, parts: Sequence[tuple[Part, Path]], workspace: Path) -> None:
        """Do nothing."""


def _parts(
    full: Mapping[str, int], shards: Mapping[str, Sequence[int]], limited: set[str] | None
) -> Iterator[Part]:
    """Yield every part of the partition; one whose videos are gone is empty."""
    videos: dict[int, list[str]] = {index: [] for index in range(max(full.values(), default=-1) + 1)}
    for video in sorted(shards, key=sort_key):
        videos[full[video]].append(video)
    clips: dict[str, list[str]] = {}
    for clip in sorted(limited or (), key=sort_key):
        clips.setdefault(parse_clip_id(clip).video_id, []).append(clip)
    for index, names in videos.items():
        reads = sorted({shard for name in names for shard in shards[name]})
        payload: dict[str, Any] = {"videos": names}
        if limited is not None:
            payload["limited"] = [clip for name in names for clip in clips.get(name, ())]
        yield Part(index, {"extract-sdh": reads, "classify-lexicon": reads}, payload)


def _fates(
    captions: Sequence[_Scored], threshold: float, limited: Sequence[str] | None
) -> Iterator[tuple[str, Outcome]]:
    """Yield the outcome of every caption; they are in the order of clip id, then cue id."""
    allowed = None if limited is None else frozenset(limited)
    winner: _Scored | None = None
    for caption in captions:
        if caption.score < threshold:
            yield caption.cue, Filtered(SelectReason.BELOW_THRESHOLD, f"{caption.score:g} < {threshold:g}")
        elif winner and winner.clip == caption.clip:
            yield caption.cue, Filtered(SelectReason.DUPLICATE_INTERVAL, winner.cue)
        else:
            winner = caption
            if allowed is None or caption.clip in allowed:
                yield caption.cue, Done(())
            else:
                yield caption.cue, Filtered(SelectReason.OVER_LIMIT)


def _scored(upstream: Upstream, shard: int, columns: Sequence[str]) -> Iterator[_Scored]:
    """Yield the captions of a shard that exclude.txt leaves; raises StageError where the stages' keys differ."""
    classified = upstream.table("classify-lexicon", shard, (_KEY, "score"))
    # Scores are decimals of four places, stored as float32: 0.7 must not fall below a threshold of 0.7.
    rounded = (round(score, 4) for score in classified["score"].to_pylist())
    scores = dict(zip(classified[_KEY].to_pylist(), rounded, strict=True))
    for batch in upstream.table("extract-sdh", shard, (_KEY, *columns)).to_batches(max_chunksize=4096):
        for row in batch.to_pylist():
            cue = row.pop(_KEY)
            score = scores.pop(cue, None)
            if upstream.excluded(row["video_id"]):
                continue
            if score is None:
                raise _differ(shard, cue, "extract-sdh", "classify-lexicon")
            yield _Scored(cue, clip_id(row["video_id"], row["start_ms"], row["end_ms"]), row, score)
    for cue in scores:
        if not upstream.excluded(parse_clip_id(cue).video_id):
            raise _differ(shard, cue, "classify-lexicon", "extract-sdh")


def _differ(shard: int, cue: str, has: str, lacks: str) -> StageError:
    return StageError(f"shard {shard}: {has} has {cue} and {lacks} has not; run both again before select-captions")
