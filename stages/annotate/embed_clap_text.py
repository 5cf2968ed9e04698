"""Embed a clip's caption by CLAP: a point of the space that embed-clap-audio places sounds in.

Source: Wu et al., Large-scale Contrastive Language-Audio Pretraining, ICASSP 2023.
"""

from collections.abc import Sequence

from audsem_data.core.model import Device
from audsem_data.core.outcome import Done, Failed, Outcome
from audsem_data.core.schema import Column
from audsem_data.core.stage import Item, Needs, Process, stage
from audsem_data.models.clap_backend import EMBEDDING, ClapConfig, open_clap
from audsem_data.models.reasons import ModelReason
from audsem_data.models.specs import CLAP
from audsem_data.models.weights import WeightsOf
from audsem_data.stages.filter.score_duration import LONG_ENOUGH


@stage(
    "embed-clap-text",
    version=2,
    needs=[Needs("select-captions", ("caption",))],
    emits=[Column("embedding", EMBEDDING, "CLAP embedding of the caption, of length 1")],
    config=ClapConfig,
    over=LONG_ENOUGH,
    reasons=(ModelReason,),
    spooled=True,
    identity=CLAP.identity,
    weights=WeightsOf(CLAP),
)
def open_embed_clap_text(config: ClapConfig, device: Device) -> Process:
    """Return the process that embeds captions."""
    model = open_clap(config, device)

    def process(items: Sequence[Item]) -> list[Outcome]:
        return [
            Failed(ModelReason.NOT_FINITE) if embedding is None else Done.one(embedding=embedding)
            for embedding in model.embed_text([item["caption"] for item in items])
        ]

    return process
