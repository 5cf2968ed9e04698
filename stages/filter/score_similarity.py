"""Compare what a model hears with the closed caption: the cosine similarity of the two texts.

Source: paper, section 3 and appendix C.2 (kept at 0.5 and above); all-MiniLM-L6-v2 as in the authors' code. The
paper's "distance below 0.5 is filtered out" means the same, as its Figure 3 says.
"""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Literal

import pyarrow as pa
from pydantic import Field

from audsem_data.core.model import Device, ModelConfig
from audsem_data.core.outcome import Done, Failed, Outcome
from audsem_data.core.schema import Column
from audsem_data.core.stage import Filter, Item, Needs, Process, Stage, stage
from audsem_data.models.reasons import ModelReason
from audsem_data.models.specs import MINILM
from audsem_data.models.store import locate
from audsem_data.models.weights import WeightsOf
from audsem_data.stages.filter.score_duration import LONG_ENOUGH

TEXT_OF = {"qwen2-audio": "description", "conette": "caption"}


class SimilarityConfig(ModelConfig):
    """Which text is compared, and by which encoder; `checkpoint` may name any in sentence-transformers' layout."""

    annotator: Literal["qwen2-audio", "conette"] = Field(
        "qwen2-audio", description="whose text of the sound is compared with the caption (paper: Qwen2-Audio)"
    )
    longest: int = Field(512, ge=8, description="most tokens of a text (the authors' code: 128 and 512)")


def needs_of(config: SimilarityConfig, known: Mapping[str, Stage] | None = None) -> list[Needs]:
    """Return what is compared."""
    heard = Needs(f"annotate-{config.annotator}", (TEXT_OF[config.annotator],), struct="heard")
    return [Needs("select-captions", ("caption",)), heard]


@stage(
    "score-similarity",
    version=1,
    needs=needs_of(SimilarityConfig()),
    adapts=needs_of,
    over=LONG_ENOUGH,
    emits=[Column("similarity", pa.float32(), "cosine of the heard text and the caption, -1 to 1")],
    config=SimilarityConfig,
    reasons=(ModelReason,),
    batch=4096,
    spooled=True,
    identity=MINILM.identity,
    weights=WeightsOf(MINILM),
    filter=Filter(
        "similarity", "unlike_caption", "what a model hears is too unlike the closed caption", at_least=0.5
    ),
)
def open_score_similarity(config: SimilarityConfig, device: Device) -> Process:
    """Return the process that compares texts."""
    from audsem_data.models.sentence_encoder import SentenceEncoder

    encoder = SentenceEncoder(locate(MINILM, config.checkpoint), device, config.dtype, config.longest)

    def process(items: Sequence[Item]) -> list[Outcome]:
        heard = [item["heard"][TEXT_OF[config.annotator]] for item in items]
        rows = encoder([*heard, *(item["caption"] for item in items)])
        similar = (rows[: len(items)] * rows[len(items) :]).sum(axis=1)
        return [_outcome(float(one)) for one in similar]

    return process


def _outcome(similarity: float) -> Outcome:
    return Done.one(similarity=similarity) if isfinite(similarity) else Failed(ModelReason.NOT_FINITE)
