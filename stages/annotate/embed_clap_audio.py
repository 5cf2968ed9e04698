"""Embed a clip's sound by CLAP: a point of the space that embed-clap-text places captions in.

Source: Wu et al., Large-scale Contrastive Language-Audio Pretraining, ICASSP 2023; without the random crop of the
published feature extractor, so that a clip has one embedding.
"""

from collections.abc import Sequence

from audsem_data.core.model import Device
from audsem_data.core.outcome import Done, Failed, Outcome
from audsem_data.core.schema import Column
from audsem_data.core.stage import Item, Process
from audsem_data.models.clap_backend import EMBEDDING, ClapConfig, open_clap
from audsem_data.models.reasons import ModelReason
from audsem_data.models.specs import CLAP
from audsem_data.stages.annotate.audio_annotator import audio_annotator, sounds


@audio_annotator(
    "embed-clap-audio",
    version=2,
    model=CLAP,
    emits=[Column("embedding", EMBEDDING, "CLAP embedding of the sound, of length 1")],
    config=ClapConfig,
)
def open_embed_clap_audio(config: ClapConfig, device: Device) -> Process:
    """Return the process that embeds clips."""
    model = open_clap(config, device)

    def process(items: Sequence[Item]) -> list[Outcome]:
        return [
            Failed(ModelReason.NOT_FINITE) if embedding is None else Done.one(embedding=embedding)
            for embedding in model.embed_audio(sounds(items, CLAP.rate))
        ]

    return process
