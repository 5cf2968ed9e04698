"""Ask a language model whether a caption describes a sound: the probability of yes, of yes and no.

The first token's probabilities are compared, all spellings summed; nothing is sampled, so asking again gives the
same. The model runs in transformers, or behind a server that speaks the OpenAI protocol and gives logprobs: vLLM
(`vllm serve`), SGLang, llama.cpp.
Source: paper, section 3 and appendix F.1 (Mixtral-8x7B-Instruct, zero-shot); the wording of the prompt is ours.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import pyarrow as pa
from pydantic import Field

from audsem_data.core.errors import UsageError
from audsem_data.core.model import Device, ModelConfig
from audsem_data.core.outcome import Done, Failed, Outcome
from audsem_data.core.schema import CUE_ID, Column
from audsem_data.core.stage import Item, Needs, Process, run_only, stage
from audsem_data.llm.backends import backend_of_engine
from audsem_data.llm.endpoint import Endpoint, EndpointReason
from audsem_data.llm.prompts import Messages, load_prompt
from audsem_data.llm.yes_no import YesNoReason, ask_endpoint
from audsem_data.models.reasons import ModelReason
from audsem_data.models.specs import MIXTRAL
from audsem_data.models.store import locate
from audsem_data.models.weights import weights_or_server

PROMPT = load_prompt("classify-caption")
Ask = Callable[[Sequence[Messages]], list[float | Failed]]


class ClassifyLlmConfig(ModelConfig):
    """Which model is asked, and where it runs."""

    backend: Literal["transformers", "openai"] = Field(
        "transformers",
        description="transformers in this process, or openai: any server of that protocol "
        "(paper: Mixtral-8x7B-Instruct)",
    )
    endpoint: str = run_only("", "address of the server, up to and with /v1")
    served_model: str = Field("", description="what the server calls the model")

    @classmethod
    def renamed(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return a recipe's options by today's names."""
        return backend_of_engine(values)


@stage(
    "classify-llm",
    version=1,
    needs=[Needs("extract-sdh", ("caption",))],
    emits=[Column("score", pa.float32(), "probability of yes, of yes and no: does the caption describe a sound?")],
    config=ClassifyLlmConfig,
    key=CUE_ID,
    reasons=(ModelReason, EndpointReason, YesNoReason),
    batch=256,
    spooled=True,
    cool_down=60.0,
    identity={**PROMPT.identity, **MIXTRAL.identity},
    weights=weights_or_server(MIXTRAL),
)
def open_classify_llm(config: ClassifyLlmConfig, device: Device) -> Process:
    """Return the process that asks."""
    ask = _open_backend(config, device)

    def process(items: Sequence[Item]) -> list[Outcome]:
        answers = ask([PROMPT.messages(caption=item["caption"]) for item in items])
        return [answer if isinstance(answer, Failed) else Done.one(score=answer) for answer in answers]

    return process


def _open_backend(config: ClassifyLlmConfig, device: Device) -> Ask:
    if config.backend == "openai":
        if not (config.endpoint and config.served_model):
            raise UsageError("classify-llm: backend=openai needs endpoint=URL (with /v1) and served_model=NAME")
        return lambda chats: ask_endpoint(Endpoint(config.endpoint), config.served_model, chats)
    from audsem_data.llm.yes_no_model import YesNoModel

    model = YesNoModel(locate(MIXTRAL, config.checkpoint), device, config.dtype)
    return lambda chats: [Failed(ModelReason.NOT_FINITE) if s is None else s for s in model(chats)]
