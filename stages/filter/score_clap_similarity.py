"""Compare the sound itself with the closed caption: the cosine similarity of their CLAP embeddings.

No generated text stands between, and no model runs: the embeddings are those of embed-clap-audio and
embed-clap-text. It decides only where `select-clips.thresholds` names it (`{clap_similarity: 0.3}`).
Source: Wu et al., Large-scale Contrastive Language-Audio Pretraining, ICASSP 2023; not in the paper.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from audsem_data.core.outcome import Done
from audsem_data.core.schema import Column
from audsem_data.core.stage import Filter, Item, Needs, NoConfig, Process, stage


@stage(
    "score-clap-similarity",
    version=1,
    needs=[
        Needs("embed-clap-audio", ("embedding",), struct="sound"),
        Needs("embed-clap-text", ("embedding",), struct="words"),
    ],
    emits=[Column("similarity", pa.float32(), "cosine of sound and caption, -1 to 1")],
    batch=4096,
    filter=Filter("similarity", "unlike_sound", "the caption is too unlike the sound", at_least=0.3, on=False),
)
def open_score_clap_similarity(config: NoConfig) -> Process:
    """Return the process that compares embeddings."""

    def process(items: Sequence[Item]) -> list[Done]:
        sounds, words = (np.stack([item[name]["embedding"] for item in items]) for name in ("sound", "words"))
        return [Done.one(similarity=float(one)) for one in (sounds * words).sum(axis=1)]

    return process
