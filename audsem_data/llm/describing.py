"""Describing clips: the same question to Qwen2-Audio in this process, or to a server."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from pydantic import Field

from audsem_data.core.model import Device
from audsem_data.core.outcome import Failed
from audsem_data.llm.audio_chat import ask_about
from audsem_data.llm.prompts import load_prompt
from audsem_data.llm.servable import ServableConfig
from audsem_data.models.reasons import ModelReason
from audsem_data.models.specs import QWEN2_AUDIO
from audsem_data.models.store import locate

PROMPT = load_prompt("describe-audio")
Array = np.ndarray[Any, Any]
Describe = Callable[[Sequence[Array]], list[str | Failed]]


class DescribeConfig(ServableConfig):
    """Where the model that describes runs, and how it searches; a server takes sound, and is asked greedily."""

    beams: int = Field(4, ge=1, description="beams of the search in this process (paper: beam search)")
    max_new_tokens: int = Field(1024, ge=1, description="most tokens of a description (paper: 1,024)")


def open_describer(config: DescribeConfig, device: Device) -> Describe:
    """Return what describes clips of 16 kHz; raises ModelError or UsageError."""
    chat = PROMPT.messages()
    if server := config.server("annotate-qwen2-audio"):
        limit = config.max_new_tokens
        return lambda clips: ask_about(server, config.served_model, clips, QWEN2_AUDIO.rate, chat, limit)
    from audsem_data.models.qwen2_audio import Qwen2Audio  # noqa: PLC0415  (transformers is heavy)

    folder = locate(QWEN2_AUDIO, config.checkpoint)
    model = Qwen2Audio(folder, device, config.dtype, config.beams, config.max_new_tokens)
    return lambda clips: [_answer(said) for said in model(clips, chat)]


def _answer(said: str | None) -> str | Failed:
    if said is None:
        return Failed(ModelReason.NOT_FINITE)
    return said or Failed(ModelReason.EMPTY_ANSWER)
