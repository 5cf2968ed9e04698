"""Ask a language model whether a caption describes a sound: the probability of yes, of yes and no.

The first token's probabilities are compared, all spellings summed; nothing is sampled, so asking again gives the
same. The model runs in transformers, or behind a server that speaks the OpenAI protocol and gives logprobs: vLLM
(`vllm serve`), SGLang, llama.cpp.
Source: paper, section 3 and appendix F.1 (Mixtral-8x7B-Instruct, zero-shot); the wording of the prompt is ours.
"""

from collections.abc import Callable, Sequence

import pyarrow as pa

from audsem_data.core.model import Device
from audsem_data.core.outcome import Done, Failed, Outcome
from audsem_data.core.schema import CUE_ID, Column
from audsem_data.core.stage import Item, Needs, Process, stage
from audsem_data.llm.endpoint import EndpointReason
from audsem_data.llm.prompts import Messages, load_prompt
from audsem_data.llm.servable import ServableConfig
from audsem_data.llm.yes_no import YesNoReason, ask_endpoint
from audsem_data.models.reasons import ModelReason
from audsem_data.models.specs import MIXTRAL
from audsem_data.models.store import locate
from audsem_data.models.weights import ServableWeights

PROMPT = load_prompt("classify-caption")
Ask = Callable[[Sequence[Messages]], list[float | Failed]]


@stage(
    "classify-llm",
    version=1,
    needs=[Needs("extract-sdh", ("caption",))],
    emits=[Column("score", pa.float32(), "probability of yes, of yes and no: does the caption describe a sound?")],
    config=ServableConfig,
    key=CUE_ID,
    reasons=(ModelReason, EndpointReason, YesNoReason),
    batch=256,
    spooled=True,
    cool_down=60.0,
    identity={**PROMPT.identity, **MIXTRAL.identity},
    weights=ServableWeights(MIXTRAL),
)
def open_classify_llm(config: ServableConfig, device: Device) -> Process:
    """Return the process that asks."""
    ask = _open_backend(config, device)

    def process(items: Sequence[Item]) -> list[Outcome]:
        answers = ask([PROMPT.messages(caption=item["caption"]) for item in items])
        return [answer if isinstance(answer, Failed) else Done.one(score=answer) for answer in answers]

    return process


def _open_backend(config: ServableConfig, device: Device) -> Ask:
    if server := config.server("classify-llm"):
        return lambda chats: ask_endpoint(server, config.served_model, chats)
    from audsem_data.llm.yes_no_model import YesNoModel

    model = YesNoModel(locate(MIXTRAL, config.checkpoint), device, config.dtype)
    return lambda chats: [Failed(ModelReason.NOT_FINITE) if s is None else s for s in model(chats)]
