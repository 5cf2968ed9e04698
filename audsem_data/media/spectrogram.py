"""Draw a clip's spectrogram as a PNG: frequency on a logarithmic axis upwards, time to the right."""

from fractions import Fraction

import av
import numpy as np
import scipy
from av import VideoCodecContext, VideoFrame
from numpy.typing import NDArray

from audsem_data.media.mixdown import Samples

LOWEST_HZ, HIGHEST_HZ = 60.0, 16_000.0
_RANGE_DB = 75.0
_WINDOW_S = 0.046
_SHADES = 48
# Anchors of a scale that grows evenly lighter, from near black over violet and orange to pale yellow.
_SCALE = np.array(
    [(9, 8, 24), (46, 17, 92), (104, 28, 129), (165, 48, 126), (222, 73, 104), (250, 127, 94), (252, 243, 201)],
    float,
)


def spectrogram_png(samples: Samples, rate: int, width: int = 640, height: int = 160) -> bytes:
    """Return a PNG of `width` x `height` pixels of mono samples, shape (n,), at `rate` hertz.

    The loudest point is brightest and what lies 75 dB below is dark; a clip of digital silence is all dark. The
    first column is the beginning of the clip and the last its end, so that times can be laid over it.
    """
    levels = np.round(_levels(samples, rate, width, height) * (_SHADES - 1)).astype(np.uint8)
    encoder = av.CodecContext.create("png", "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = width, height, "pal8", Fraction(1)
    frame = VideoFrame.from_ndarray((levels, _palette()), format="pal8")  # type: ignore[arg-type]  # as av documents
    frame.pts = 0
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])


def _palette() -> NDArray[np.uint8]:
    """Return 256 colours as ARGB, of which the first `_SHADES` are the scale."""
    places = np.linspace(0, len(_SCALE) - 1, _SHADES)
    palette = np.full((256, 4), 255, np.uint8)
    for channel in range(3):
        palette[:_SHADES, channel + 1] = np.interp(places, range(len(_SCALE)), _SCALE[:, channel])
    return palette


def _levels(samples: Samples, rate: int, width: int, height: int) -> NDArray[np.float64]:
    """Return values in [0, 1], shape (height, width), the highest frequency first."""
    window = max(round(_WINDOW_S * rate), 16)
    centred = np.pad(np.nan_to_num(samples.astype(np.float32)), (window // 2, window // 2 + 1))
    starts = np.linspace(0, max(len(samples) - 1, 0), width).astype(int)
    frames = np.lib.stride_tricks.sliding_window_view(centred, window)[starts]
    power = np.abs(scipy.fft.rfft(frames * np.hanning(window).astype(np.float32), axis=1)) ** 2
    wanted = np.geomspace(LOWEST_HZ, min(HIGHEST_HZ, rate / 2), height)[::-1]
    bins = np.arange(power.shape[1]) * (rate / window)
    rows = np.stack([np.interp(wanted, bins, column) for column in power], axis=1)
    levels = 10 * np.log10(rows + 1e-12)
    loudest = levels.max()
    if loudest <= -100:
        return np.zeros_like(levels)
    return np.asarray(np.clip(1 + (levels - loudest) / _RANGE_DB, 0, 1))
