"""Embed by CLAP what a model wrote of each clip's sound: the generated captions of the paper's Fig. 3.

Source: Wu et al., Large-scale Contrastive Language-Audio Pretraining, ICASSP 2023; paper, Fig. 3 (right).
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field

from audsem_data.core.model import Device
from audsem_data.core.outcome import Done, Failed, Outcome
from audsem_data.core.schema import Column
from audsem_data.core.stage import Item, Needs, Process, Stage, stage
from audsem_data.models.clap_backend import EMBEDDING, ClapConfig, open_clap
from audsem_data.models.reasons import ModelReason
from audsem_data.models.specs import CLAP
from audsem_data.models.weights import WeightsOf
from audsem_data.stages.filter.score_duration import LONG_ENOUGH
from audsem_data.stages.filter.score_similarity import TEXT_OF


class GeneratedConfig(ClapConfig):
    """Whose text is embedded, and by which CLAP."""

    annotator: Literal["qwen2-audio", "conette"] = Field(
        "qwen2-audio", description="whose text of the sound is embedded (paper: Qwen2-Audio)"
    )


def needs_of(config: GeneratedConfig, known: Mapping[str, Stage]) -> list[Needs]:
    """Return what is embedded under these options."""
    heard = Needs(f"annotate-{config.annotator}", (TEXT_OF[config.annotator],), struct="heard")
    return [Needs("select-captions"), heard]


_EITHER = [Needs(f"annotate-{name}", (text,), optional=True, struct="heard") for name, text in TEXT_OF.items()]


@stage(
    "embed-clap-generated",
    version=1,
    needs=[Needs("select-captions"), *_EITHER],
    adapts=needs_of,
    emits=[Column("embedding", EMBEDDING, "CLAP embedding of the generated caption, of length 1")],
    config=GeneratedConfig,
    over=LONG_ENOUGH,
    reasons=(ModelReason,),
    spooled=True,
    identity=CLAP.identity,
    weights=WeightsOf(CLAP),
)
def open_embed_clap_generated(config: GeneratedConfig, device: Device) -> Process:
    """Return the process that embeds what was heard."""
    model = open_clap(config, device)

    def process(items: Sequence[Item]) -> list[Outcome]:
        return [
            Failed(ModelReason.NOT_FINITE) if embedding is None else Done.one(embedding=embedding)
            for embedding in model.embed_text([item["heard"][TEXT_OF[config.annotator]] for item in items])
        ]

    return process
