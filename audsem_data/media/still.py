"""A picture as JPEG, for a page."""

from fractions import Fraction

import av
import numpy as np
from av import VideoCodecContext, VideoFrame
from numpy.typing import NDArray


def jpeg(picture: NDArray[np.uint8]) -> bytes:
    """Return an RGB picture, shape (height, width, 3), as JPEG."""
    encoder = av.CodecContext.create("mjpeg", "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.height, encoder.width = picture.shape[:2]
    encoder.pix_fmt, encoder.time_base = "yuvj420p", Fraction(1, 25)
    frame = VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24").reformat(format="yuvj420p")
    frame.pts = 0
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])
