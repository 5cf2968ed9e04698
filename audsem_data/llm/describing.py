"""Describing clips: the same question to Qwen2-Audio in this process, or to a server."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from pydantic import Field

from audsem_data.core.errors import UsageError
from audsem_data.core.model import Device, ModelConfig
from audsem_data.core.outcome import Failed
from audsem_data.core.stage import run_only
from audsem_data.llm.audio_chat import ask_about
from audsem_data.llm.backends import backend_of_engine
from audsem_data.llm.endpoint import Endpoint
from audsem_data.llm.prompts import load_prompt
from audsem_data.models.reasons import ModelReason
from audsem_data.models.specs import QWEN2_AUDIO
from audsem_data.models.store import locate

PROMPT = load_prompt("describe-audio")
Array = np.ndarray[Any, Any]
Describe = Callable[[Sequence[Array]], list[str | Failed]]


class DescribeConfig(ModelConfig):
    """Which model describes, where it runs, and how it searches."""

    backend: Literal["transformers", "openai"] = Field(
        "transformers",
        description="transformers in this process, or openai: a server of that protocol that takes sound (greedy)",
    )
    endpoint: str = run_only("", "address of the server, up to and with /v1")
    served_model: str = Field("", description="what the server calls the model")
    beams: int = Field(4, ge=1, description="beams of the search in this process (paper: beam search)")
    max_new_tokens: int = Field(1024, ge=1, description="most tokens of a description (paper: 1,024)")

    @classmethod
    def renamed(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return a recipe's options by today's names."""
        return backend_of_engine(values)


def open_describer(config: DescribeConfig, device: Device) -> Describe:
    """Return what describes clips of 16 kHz; raises ModelError or UsageError."""
    chat = PROMPT.messages()
    if config.backend == "openai":
        if not (config.endpoint and config.served_model):
            raise UsageError(
                "annotate-qwen2-audio: backend=openai needs endpoint=URL (with /v1) and served_model=NAME"
            )
        server, limit = Endpoint(config.endpoint), config.max_new_tokens
        return lambda clips: ask_about(server, config.served_model, clips, QWEN2_AUDIO.rate, chat, limit)
    from audsem_data.models.qwen2_audio import Qwen2Audio  # noqa: PLC0415  (transformers is heavy)

    folder = locate(QWEN2_AUDIO, config.checkpoint)
    model = Qwen2Audio(folder, device, config.dtype, config.beams, config.max_new_tokens)
    return lambda clips: [_answer(said) for said in model(clips, chat)]


def _answer(said: str | None) -> str | Failed:
    if said is None:
        return Failed(ModelReason.NOT_FINITE)
    return said or Failed(ModelReason.EMPTY_ANSWER)
