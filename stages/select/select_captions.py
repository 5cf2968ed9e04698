"""Keep the captions that classifiers take for sounds, one for an interval of a video, and lay them out by video.

A caption is kept when the classifiers that the recipe runs agree: each of them, or any, scores it at least at its
threshold. Of several with the same interval (tracks of one video) the one with the smallest cue id is kept; how
often the same caption may come is an option. The clips of a video stay in one shard, for good: videos that the
workspace has seen keep theirs, new ones fill new shards in the order of their ids. A video has one medium: that of
the captions that were ingested first; those that came with another file under the same name are left out, as its
sound is not theirs. What `limit` and
`max_same_caption` leave out changes no shard, so that a trial on a few clips grows into the whole.
Source: paper, appendix on data collection (captions that the classifiers agree on; shards of 4,096 clips).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
from pydantic import Field

from audsem_data.core.keys import parse_clip_id, sort_key
from audsem_data.core.layout import Layout, Part, Repartition, StageHistory, Upstream
from audsem_data.core.outcome import Done, Filtered, Outcome, Reason
from audsem_data.core.schema import CAPTION, CLIP_ID, INTERVAL, ORIGIN, Column
from audsem_data.core.stage import Config, Kind, Needs, stage
from audsem_data.media.names import is_address
from audsem_data.stages.select.frequency import Frequency
from audsem_data.stages.select.layout import Smallest, pack_videos
from audsem_data.stages.select.scored import CLASSIFIERS, CONTENT, MASKED, WHERE, Scored, classifiers_of, scored
from audsem_data.storage.parquet import write_rows

FirstMedia = dict[tuple[str, bool], Mapping[str, Any]]  # by video, and whether it is an address

_SALT = "select-captions-limit"


class SelectConfig(Config):
    """Which captions become clips, and how many make a shard."""

    agreement: Literal["all", "any"] = Field(
        "all", description="which of the recipe's classifiers must take a caption for a sound (paper: both)"
    )
    min_lexicon_score: float | None = Field(
        0.5,
        ge=0,
        le=1,
        description="least score of classify-lexicon; 0.5: one sound named, or a thing and what it does; null: not "
        "asked",
    )
    min_encoder_score: float | None = Field(
        0.5, ge=0, le=1, description="least score of classify-encoder (paper: 0.5); null: not asked"
    )
    min_llm_score: float | None = Field(
        0.5, ge=0, le=1, description="least score of classify-llm (paper: yes likelier than no); null: not asked"
    )
    max_same_caption: int | None = Field(
        None, ge=1, description="most clips of one caption in all, chosen by a hash of their ids; null: any number"
    )
    shard_clips: int = Field(4096, ge=1, description="most clips in a shard (paper: 4,096)")
    limit: int | None = Field(None, ge=1, description="most clips in all, chosen by a hash of their ids; null: all")


class SelectReason(Reason):
    """Why a caption becomes no clip."""

    BELOW_THRESHOLD = "below_threshold", "its score is below a threshold; detail says whose"
    OTHER_MEDIA = (
        "other_media",
        "its video's name is already that of another media file, named in detail; give one of the two another name",
    )
    DUPLICATE_INTERVAL = "duplicate_interval", "the video has a caption of the same interval; detail names it"
    TOO_FREQUENT = "too_frequent", "not among the clips of its caption that max_same_caption keeps"
    OVER_LIMIT = "over_limit", "not among the clips that limit keeps"


EMITS = (
    *INTERVAL,
    *CAPTION,
    *ORIGIN,
    *(
        Column(
            f"{name}_score", pa.float32(), f"how likely classify-{name} takes it for a sound: 0 to 1", None, True
        )
        for name in CLASSIFIERS
    ),
)


@stage(
    "select-captions",
    version=3,
    needs=[
        Needs("extract-sdh", CONTENT, locators=("media",)),
        *(Needs(f"classify-{name}", ("score",), optional=True) for name in CLASSIFIERS),
        Needs(MASKED, ("text", "caption"), optional=True),
    ],
    emits=EMITS,
    config=SelectConfig,
    kind=Kind.REPARTITION,
    reasons=[SelectReason],
    tolerated=0.0,
)
def open_select_captions(config: SelectConfig) -> Repartition:
    """Return the repartition."""
    return _SelectCaptions(config)


class _SelectCaptions:
    def __init__(self, config: SelectConfig) -> None:
        self._config = config
        asked = {name: getattr(config, f"min_{name}_score") for name in CLASSIFIERS}
        self._thresholds: dict[str, float] = {name: least for name, least in asked.items() if least is not None}

    def plan(self, upstream: Upstream, partition: Mapping[str, int]) -> Layout:
        """Count the captions to keep by video, from keys and scores alone, and give every video its shard."""
        counts: dict[str, int] = {}
        shards: dict[str, list[int]] = {}
        smallest = Smallest(self._config.limit, _SALT) if self._config.limit else None
        frequency = Frequency(self._config.max_same_caption)
        columns = (*WHERE, "caption") if self._config.max_same_caption else WHERE
        for shard in upstream.shards("extract-sdh"):
            clips: set[str] = set()
            for one in scored(upstream, shard, columns, self._names(upstream)):
                video = one.row["video_id"]
                counts.setdefault(video, 0)
                if shards.setdefault(video, [shard])[-1] != shard:
                    shards[video].append(shard)
                if self._missed(one) is None and one.clip not in clips:
                    clips.add(one.clip)
                    counts[video] += 1
                    frequency.add(one.row.get("caption", ""), one.clip)
            if smallest:
                smallest.add(clips)
        full = pack_videos(counts, partition, self._config.shard_clips)
        chosen = {"limited": smallest.names() if smallest else None, "frequent": frequency.left_out()}
        beside = [f"classify-{name}" for name in self._names(upstream)]
        beside += [MASKED] if upstream.shards(MASKED) else []
        return Layout(list(_parts(full, shards, beside, chosen)), full)

    def build(self, part: Part, upstream: Upstream, out: Path) -> Iterable[tuple[str, Outcome]]:
        """Write the captions of the part's videos that are kept; every other one has its reason."""
        videos = frozenset(part.payload["videos"])
        names = self._names(upstream)
        captions = [
            one
            for shard in part.reads["extract-sdh"]
            for one in scored(upstream, shard, (*CONTENT, "media"), names)
            if one.row["video_id"] in videos
        ]
        media = _first_media(captions)
        captions.sort(key=lambda one: (sort_key(one.clip), sort_key(one.cue)))
        fates = list(self._fates(captions, media, part.payload))
        kept = (
            {CLIP_ID.name: one.clip, **one.row, **{f"{name}_score": one.scores.get(name) for name in CLASSIFIERS}}
            for one, (_, outcome) in zip(captions, fates, strict=True)
            if isinstance(outcome, Done)
        )
        write_rows(out, (CLIP_ID, *EMITS), kept)
        return fates

    def finish(
        self, parts: Sequence[tuple[Part, Path]], workspace: Path, history: Sequence[StageHistory] = ()
    ) -> None:
        """Do nothing."""

    def _names(self, upstream: Upstream) -> list[str]:
        return classifiers_of(upstream, self._thresholds)

    def _missed(self, one: Scored) -> str | None:
        """Return which thresholds a caption misses, in words; None if it is to be kept."""
        missed = [name for name, score in one.scores.items() if score < self._thresholds[name]]
        if not missed or (self._config.agreement == "any" and len(missed) < len(one.scores)):
            return None
        return ", ".join(f"{name} {one.scores[name]:g} < {self._thresholds[name]:g}" for name in missed)

    def _fates(
        self,
        captions: Sequence[Scored],
        media: FirstMedia,
        payload: Mapping[str, Any],
    ) -> Iterator[tuple[str, Outcome]]:
        """Yield the outcome of every caption; they are in the order of clip id, then cue id."""
        allowed = frozenset(payload["limited"]) if "limited" in payload else None
        frequent = frozenset(payload.get("frequent", ()))
        winner: Scored | None = None
        for one in captions:
            if missed := self._missed(one):
                yield one.cue, Filtered(SelectReason.BELOW_THRESHOLD, missed)
                continue
            if other := _other_media(one.row, media):
                yield one.cue, Filtered(SelectReason.OTHER_MEDIA, other)
                continue
            if winner and winner.clip == one.clip:
                yield one.cue, Filtered(SelectReason.DUPLICATE_INTERVAL, winner.cue)
                continue
            winner = one
            if one.clip in frequent:
                yield one.cue, Filtered(SelectReason.TOO_FREQUENT, one.row["caption"])
            elif allowed is not None and one.clip not in allowed:
                yield one.cue, Filtered(SelectReason.OVER_LIMIT)
            else:
                yield one.cue, Done(())


def _first_media(captions: Iterable[Scored]) -> FirstMedia:
    """Return the first caption of each video that names a file, and the first that names an address.

    A file may be what lies at an address, so that the two do not contradict each other. Captions come in the order
    of their ingestion.
    """
    first: FirstMedia = {}
    for one in captions:
        if one.row["media"]:
            first.setdefault((one.row["video_id"], is_address(one.row["media"])), one.row)
    return first


def _other_media(row: Mapping[str, Any], media: FirstMedia) -> str | None:
    """Return the media of a caption's video where the caption came with other media."""
    if not row["media"]:
        return None
    first = media[row["video_id"], is_address(row["media"])]
    told = "media_signature" if first["media_signature"] and row["media_signature"] else "media"
    other: str | None = first["media"] if first[told] != row[told] else None
    return other


def _parts(
    full: Mapping[str, int],
    shards: Mapping[str, Sequence[int]],
    beside: Sequence[str],
    chosen: Mapping[str, Iterable[str] | None],
) -> Iterator[Part]:
    """Yield every part of the partition; one whose videos are gone is empty. `beside` are stages read with it."""
    videos: dict[int, list[str]] = {index: [] for index in range(max(full.values(), default=-1) + 1)}
    for video in sorted(shards, key=sort_key):
        videos[full[video]].append(video)
    clips = {name: _by_video(names) for name, names in chosen.items() if names is not None}
    for index, held in videos.items():
        reads = sorted({shard for video in held for shard in shards[video]})
        payload: dict[str, Any] = {"videos": held}
        payload |= {
            name: [c for video in held for c in by_video.get(video, ())] for name, by_video in clips.items()
        }
        yield Part(index, {name: reads for name in ("extract-sdh", *beside)}, payload)


def _by_video(clips: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for clip in sorted(clips, key=sort_key):
        found.setdefault(parse_clip_id(clip).video_id, []).append(clip)
    return found
