"""Caption a clip by CoNeTTE.

Source: Labbé et al., CoNeTTE, 2023, at 32 kHz as in the paper (appendix C.2); task and search as published.
"""

from collections.abc import Sequence

import pyarrow as pa
from pydantic import Field

from audsem_data.core.model import Device, ModelConfig
from audsem_data.core.outcome import Done, Failed, Outcome
from audsem_data.core.schema import Column
from audsem_data.core.stage import Audio, Item, Needs, Over, Process, stage
from audsem_data.models.reasons import ModelReason
from audsem_data.models.specs import CONETTE
from audsem_data.models.store import locate
from audsem_data.models.weights import weights_of

AUDIO = Audio(CONETTE.rate)


class ConetteConfig(ModelConfig):
    """Options of annotate-conette."""

    task: str = Field("clotho", description="dataset whose manner of captions is asked for (published default)")
    beams: int = Field(3, ge=1, description="beams of the search (published default)")


@stage(
    "annotate-conette",
    version=1,
    needs=[Needs("standardize", ("audio_sha256",))],
    emits=[
        Column("caption", pa.string(), "a sentence about the sound"),
        Column("score", pa.float32(), "average log-probability of its tokens"),
    ],
    config=ConetteConfig,
    media=(AUDIO,),
    over=Over("score-duration", "duration_ms", at_least=("select-clips", "min_duration_ms")),
    reasons=(ModelReason,),
    spooled=True,
    identity=CONETTE.identity,
    weights=weights_of(CONETTE),
)
def open_annotate_conette(config: ConetteConfig, device: Device) -> Process:
    """Return the process that captions clips."""
    from audsem_data.models.conette import Conette

    model = Conette(locate(CONETTE, config.checkpoint), device, config.dtype, config.task, config.beams)

    def process(items: Sequence[Item]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for said in model([item.media[AUDIO] for item in items]):
            if said is None or not said.caption:
                outcomes.append(Failed(ModelReason.EMPTY_ANSWER if said else ModelReason.NOT_FINITE))
            else:
                outcomes.append(Done.one(caption=said.caption, score=said.score))
        return outcomes

    return process
