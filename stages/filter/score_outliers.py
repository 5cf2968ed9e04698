"""Measure how far a clip's sound and caption lie from those of the corpus, by their CLAP embeddings.

The corpus is summed shard by shard, once; clips that join later are measured against the same sum, until
`invalidate` makes it anew.
Source: paper, section 3 and appendix C.2: out above a cosine distance of 0.9 to the average, of either.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from audsem_data.core.outcome import Done
from audsem_data.core.schema import Column
from audsem_data.core.stage import Config, Filter, Item, Kind, Needs, Process, stage
from audsem_data.stages.filter.outliers import distance_to_mean, mean_distance, summed, total

SIDES = ("sound", "caption")
METRICS = {"mean": distance_to_mean, "pairwise": mean_distance}


class OutlierConfig(Config):
    """How distance is measured."""

    metric: Literal["mean", "pairwise"] = Field(
        "mean",
        description="mean: cosine distance to the mean embedding (paper); pairwise: mean cosine distance to all "
        "others (the authors' code)",
    )


class Outliers:
    """Sums of shards, the sum of the corpus, and the distances from it."""

    def __init__(self, config: OutlierConfig) -> None:
        self._distance = METRICS[config.metric]

    def summarize(self, items: Sequence[Item]) -> dict[str, Any]:
        """Return the sum of a shard's embeddings, of sounds and of captions."""
        return {side: summed(_points(items, side)) for side in SIDES} if items else {}

    def reduce(self, summaries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Return the sums of the corpus."""
        return {side: total([one[side] for one in summaries if one]) for side in SIDES}

    def apply(self, state: Mapping[str, Any]) -> Process:
        """Return the process that measures distances."""

        def process(items: Sequence[Item]) -> list[Done]:
            sound, caption = (self._distance(_points(items, side), state[side]) for side in SIDES)
            return [
                Done.one(distance=max(of_sound, of_caption), sound_distance=of_sound, caption_distance=of_caption)
                for of_sound, of_caption in zip(sound.tolist(), caption.tolist(), strict=True)
            ]

        return process


def _points(items: Sequence[Item], side: str) -> np.ndarray[Any, Any]:
    return np.stack([item[side]["embedding"] for item in items])


@stage(
    "score-outliers",
    version=1,
    kind=Kind.CORPUS,
    needs=[
        Needs("embed-clap-audio", ("embedding",), struct="sound"),
        Needs("embed-clap-text", ("embedding",), struct="caption"),
    ],
    emits=[
        Column("distance", pa.float64(), "the larger of the two below, 0 to 2"),
        Column("sound_distance", pa.float64(), "cosine distance of the sound's embedding"),
        Column("caption_distance", pa.float64(), "cosine distance of the caption's embedding"),
    ],
    config=OutlierConfig,
    batch=4096,
    filter=Filter("distance", "outlier", "sound or caption lies too far from the corpus", at_most=0.9),
)
def open_score_outliers(config: OutlierConfig) -> Outliers:
    """Return the three steps."""
    return Outliers(config)
