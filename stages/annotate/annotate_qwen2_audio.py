"""Describe a clip by Qwen2-Audio, in this process or by a server that takes sound (vLLM, or any like it).

Source: Chu et al., Qwen2-Audio Technical Report, 2024; beam search and at most 1,024 new tokens as in the paper
(appendix C.2); the wording of the question is ours.
"""

from collections.abc import Sequence

import pyarrow as pa

from audsem_data.core.model import Device
from audsem_data.core.outcome import Done, Failed, Outcome
from audsem_data.core.schema import Column
from audsem_data.core.stage import Audio, Item, Needs, Process, stage
from audsem_data.llm.chat_answer import ChatReason
from audsem_data.llm.describing import PROMPT, DescribeConfig, open_describer
from audsem_data.llm.endpoint import EndpointReason
from audsem_data.models.reasons import ModelReason
from audsem_data.models.specs import QWEN2_AUDIO
from audsem_data.models.weights import ServableWeights
from audsem_data.stages.filter.score_duration import LONG_ENOUGH

AUDIO = Audio(QWEN2_AUDIO.rate)


@stage(
    "annotate-qwen2-audio",
    version=1,
    needs=[Needs("standardize", ("audio_sha256",))],
    emits=[Column("description", pa.string(), "what can be heard, in detail")],
    config=DescribeConfig,
    media=(AUDIO,),
    over=LONG_ENOUGH,
    reasons=(ModelReason, EndpointReason, ChatReason),
    batch=16,
    spooled=True,
    cool_down=60.0,
    identity={**PROMPT.identity, **QWEN2_AUDIO.identity},
    weights=ServableWeights(QWEN2_AUDIO),
)
def open_annotate_qwen2_audio(config: DescribeConfig, device: Device) -> Process:
    """Return the process that describes clips."""
    describe = open_describer(config, device)

    def process(items: Sequence[Item]) -> list[Outcome]:
        said = describe([item.media[AUDIO] for item in items])
        return [one if isinstance(one, Failed) else Done.one(description=one) for one in said]

    return process
