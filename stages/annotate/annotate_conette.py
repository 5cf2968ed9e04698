"""Caption a clip by CoNeTTE.

Source: Labbé et al., CoNeTTE, 2023, at 32 kHz as in the paper (appendix C.2); task and search as published.
"""

from collections.abc import Sequence

import pyarrow as pa
from pydantic import Field

from audsem_data.core.model import Device, ModelConfig
from audsem_data.core.outcome import Done, Failed, Outcome
from audsem_data.core.schema import Column
from audsem_data.core.stage import Item, Process
from audsem_data.models.reasons import ModelReason
from audsem_data.models.specs import CONETTE
from audsem_data.models.store import locate
from audsem_data.stages.annotate.audio_annotator import audio_annotator, sounds


class ConetteConfig(ModelConfig):
    """Options of annotate-conette."""

    task: str = Field("clotho", description="dataset whose manner of captions is asked for (published default)")
    beams: int = Field(3, ge=1, description="beams of the search (published default)")


@audio_annotator(
    "annotate-conette",
    version=1,
    model=CONETTE,
    emits=[
        Column("caption", pa.string(), "a sentence about the sound"),
        Column("score", pa.float32(), "average log-probability of its tokens"),
    ],
    config=ConetteConfig,
)
def open_annotate_conette(config: ConetteConfig, device: Device) -> Process:
    """Return the process that captions clips."""
    from audsem_data.models.conette import Conette

    model = Conette(locate(CONETTE, config.checkpoint), device, config.dtype, config.task, config.beams)

    def process(items: Sequence[Item]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for said in model(sounds(items, CONETTE.rate)):
            if said is None or not said.caption:
                outcomes.append(Failed(ModelReason.EMPTY_ANSWER if said else ModelReason.NOT_FINITE))
            else:
                outcomes.append(Done.one(caption=said.caption, score=said.score))
        return outcomes

    return process
