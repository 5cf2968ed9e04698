"""Write clips: FLAC or WAV audio and H.264 video; the same bytes for the same samples and frames."""

from collections.abc import Sequence
from fractions import Fraction
from io import BytesIO
from typing import Literal

import av
import numpy as np
import soundfile
from av import VideoFrame
from av.video.frame import PictureType
from numpy.typing import NDArray

from audsem_data.media.mixdown import Samples
from audsem_data.media.scaling import MATRIX, RANGE, turns

AudioFormat = Literal["flac", "wav"]
_X264 = {
    "preset": "veryfast",
    "crf": "23",
    "bf": "0",
    "a53cc": "0",
    # Macroblock trees read memory that x264 never wrote: now and then the same frames gave other bytes.
    "x264-params": "threads=1:open-gop=0:sliced-threads=0:no-mbtree=1",
}
_MUXER = {"fflags": "+bitexact"}  # no version of the muxer and no time in the file


def to_int16(samples: Samples) -> NDArray[np.int16]:
    """Return 16-bit samples, full scale 32768, rounded without dither; what exceeds full scale is clipped."""
    return np.clip(np.rint(samples.astype(np.float64) * 32768), -32768, 32767).astype(np.int16)


def encode_audio(samples: NDArray[np.int16], rate: int, audio_format: AudioFormat) -> bytes:
    """Return a mono 16-bit file at `rate` hertz."""
    file = BytesIO()
    soundfile.write(file, samples, rate, format=audio_format.upper(), subtype="PCM_16")
    return file.getvalue()


def picture_size(frame: VideoFrame, height: int, aspect: Fraction) -> tuple[int, int]:
    """Return the even width and height of a clip's pictures.

    The height is `height` or, if it is less, the source's: nothing is scaled up. The width keeps the shape in
    which the source is shown, given the `aspect` of its pixels and its rotation.
    """
    shown = (round(frame.width * aspect), frame.height)
    width, full = shown[::-1] if turns(frame) % 2 else shown
    scaled = min(height, full)
    return max(round(width * scaled / full / 2) * 2, 2), max(scaled // 2 * 2, 2)


def encode_video(frames: Sequence[VideoFrame], fps: int, first: int = 0) -> bytes:
    """Return an mp4 whose frames, all yuv420p of one size, are shown at first/fps, (first + 1)/fps ... seconds."""
    file = BytesIO()
    with av.open(file, "w", format="mp4", options=_MUXER) as container:
        stream = container.add_stream("libx264", rate=fps, options=_X264)
        stream.width, stream.height, stream.pix_fmt = frames[0].width, frames[0].height, "yuv420p"
        stream.codec_context.colorspace, stream.codec_context.color_range = MATRIX, RANGE
        stream.codec_context.thread_count = 1  # x264 writes its thread count into the stream
        for number, frame in enumerate(frames, first):
            frame.pts, frame.time_base = number, Fraction(1, fps)
            frame.pict_type = PictureType.NONE  # the source's choice of keyframes is not the clip's
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()
