"""Asking a server about a video: chat completions with its frames as pictures before the question.

Few servers take videos; all that see take pictures (vLLM, SGLang, llama.cpp, Ollama, hosted ones).
"""

import base64
from fractions import Fraction
from typing import Any

import numpy as np
from av import VideoFrame
from av.video.codeccontext import VideoCodecContext

from audsem_data.llm.prompts import Messages
from audsem_data.models.frame_batches import Picture

_QUALITY = 2  # of JPEG by ffmpeg's scale: 2 is nearly lossless


def video_request(model: str, frames: tuple[Picture, ...], chat: Messages, new_tokens: int) -> dict[str, Any]:
    """Return the body of a greedy request about a video's frames (uint8 RGB, (height, width, 3)).

    The frames stand before the text of the last message, which says when each was taken.
    """
    *before, last = chat
    shown = [{"type": "image_url", "image_url": {"url": _address(frame)}} for frame in frames]
    return {
        "model": model,
        "messages": [
            *before,
            {"role": last["role"], "content": [*shown, {"type": "text", "text": last["content"]}]},
        ],
        "max_tokens": new_tokens,
        "temperature": 0,
        "seed": 0,
    }


def _address(picture: Picture) -> str:
    """Return a picture as a data address of a JPEG file."""
    codec = VideoCodecContext.create("mjpeg", "w")
    codec.height, codec.width = picture.shape[:2]
    codec.pix_fmt, codec.time_base = "yuvj444p", Fraction(1)
    codec.qmin = codec.qmax = _QUALITY
    frame = VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
    packets = [*codec.encode(frame.reformat(format="yuvj444p")), *codec.encode(None)]
    return f"data:image/jpeg;base64,{base64.b64encode(b''.join(map(bytes, packets))).decode()}"
