"""Asking a server about a clip: chat completions with the sound as a WAV file beside the question."""

import base64
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np
import soundfile

from audsem_data.core.outcome import Failed
from audsem_data.llm.chat_answer import text_of
from audsem_data.llm.endpoint import Endpoint
from audsem_data.llm.prompts import Messages

Array = np.ndarray[Any, Any]


def ask_about(
    endpoint: Endpoint, model: str, clips: Sequence[Array], rate: int, chat: Messages, new_tokens: int
) -> list[str | Failed]:
    """Return what the server says of each clip (float32 mono samples), greedily, or why there is nothing."""
    *before, last = chat
    bodies = [
        {
            "model": model,
            "messages": [*before, {"role": last["role"], "content": [_sound(clip, rate), _text(last["content"])]}],
            "max_tokens": new_tokens,
            "temperature": 0,
            "seed": 0,
        }
        for clip in clips
    ]
    return [text_of(answer) for answer in endpoint.ask_all(bodies)]


def _sound(clip: Array, rate: int) -> dict[str, Any]:
    held = BytesIO()
    soundfile.write(held, clip, rate, format="WAV", subtype="PCM_16")
    return {
        "type": "input_audio",
        "input_audio": {"data": base64.b64encode(held.getvalue()).decode(), "format": "wav"},
    }


def _text(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}
