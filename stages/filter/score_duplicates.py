"""Find clips that sound like an earlier clip: re-uploads and stock effects, however they were encoded.

Of copies the first is kept: that of the earliest shard, and in a shard the first by clip id; so what joins a corpus
later never takes the place of what is there. Clips that join are compared with all, those that were compared are
not compared again. `duplicate_of` lists the pairs, with their distance.
Source: Haitsma and Kalker, A Highly Robust Audio Fingerprinting System, ISMIR 2002; not in the paper.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from audsem_data.core.fingerprint import digest
from audsem_data.core.outcome import Done
from audsem_data.core.schema import Column
from audsem_data.core.stage import Filter, Item, Kind, Needs, NoConfig, Process, stage
from audsem_data.media.sound_fingerprint import Fingerprint
from audsem_data.stages.filter.duplicates import Clip, nearest_earlier


class Duplicates:
    """Fingerprints of shards, the pairs of the corpus, and each clip's nearest."""

    def summarize(self, items: Sequence[Item]) -> list[list[str]]:
        """Return key, digest of the bytes, frames and outlines of each clip."""
        return [
            [item.key, item["audio_sha256"], _packed(item["frames"]), _packed(item["outlines"])] for item in items
        ]

    def reduce(
        self, summaries: Sequence[Sequence[Sequence[str]]], before: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        """Return the nearest earlier clip of each clip that has one, and the digests of what was compared."""
        made = [digest(one) for one in summaries]
        known = _in_common(before["from"], made) if before else 0
        clips = [
            Clip(key, sha256, Fingerprint(_unpacked(frames), _unpacked(outlines)))
            for one in summaries
            for key, sha256, frames, outlines in one
        ]
        compared = sum(len(one) for one in summaries[:known])
        kept = {clip.clip_id for clip in clips[:compared]}
        nearest = {key: pair for key, pair in (before or {"nearest": {}})["nearest"].items() if key in kept}
        for key, found in nearest_earlier(clips, compared).items():
            nearest[key] = [found.clip_id, found.distance]
        return {"nearest": nearest, "from": made}

    def apply(self, state: Mapping[str, Any]) -> Process:
        """Return the process that looks clips up."""
        nearest = state["nearest"]

        def process(items: Sequence[Item]) -> list[Done]:
            found = [nearest.get(item.key, (None, 1.0)) for item in items]
            return [Done.one(duplicate_of=earlier, distance=distance) for earlier, distance in found]

        return process


def _in_common(before: Sequence[str], now: Sequence[str]) -> int:
    """Return how many shards at the beginning are those that were compared."""
    differing = (place for place, (one, other) in enumerate(zip(before, now, strict=False)) if one != other)
    return next(differing, min(len(before), len(now)))


def _packed(numbers: Any) -> str:
    return b64encode(np.asarray(numbers, "<u4").tobytes()).decode()


def _unpacked(text: str) -> np.ndarray[Any, Any]:
    return np.frombuffer(b64decode(text), "<u4")


@stage(
    "score-duplicates",
    version=1,
    kind=Kind.CORPUS,
    needs=[Needs("fingerprint-sound", ("frames", "outlines")), Needs("standardize", ("audio_sha256",))],
    emits=[
        Column("duplicate_of", pa.string(), "the earlier clip that sounds most like it", nullable=True),
        Column("distance", pa.float64(), "share of bits in which their fingerprints differ; 1: none is like it"),
    ],
    batch=4096,
    renews=True,
    filter=Filter("distance", "duplicate", "the clip sounds like an earlier clip", at_least=0.34),
)
def open_score_duplicates(config: NoConfig) -> Duplicates:
    """Return the three steps."""
    return Duplicates()
