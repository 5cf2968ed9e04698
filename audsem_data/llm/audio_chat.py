"""Asking a server about a clip: chat completions with the sound as a WAV file beside the question."""

import base64
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np
import soundfile

from audsem_data.core.outcome import Failed, Reason
from audsem_data.llm.endpoint import Endpoint
from audsem_data.llm.prompts import Messages

Array = np.ndarray[Any, Any]


class AudioChatReason(Reason):
    """Why a server's answer about a clip is not taken."""

    NOTHING_SAID = "nothing_said", "the server answers, and says nothing"


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
    return [answer if isinstance(answer, Failed) else _said(answer) for answer in endpoint.ask_all(bodies)]


def _sound(clip: Array, rate: int) -> dict[str, Any]:
    held = BytesIO()
    soundfile.write(held, clip, rate, format="WAV", subtype="PCM_16")
    return {
        "type": "input_audio",
        "input_audio": {"data": base64.b64encode(held.getvalue()).decode(), "format": "wav"},
    }


def _text(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


def _said(answer: dict[str, Any]) -> str | Failed:
    said = answer["choices"][0]["message"].get("content")
    text = " ".join(said.split()) if isinstance(said, str) else ""
    return text or Failed(AudioChatReason.NOTHING_SAID)
