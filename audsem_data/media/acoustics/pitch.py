"""Pitch and harmonicity by the normalised autocorrelation of short frames.

Method after P. Boersma, "Accurate short-term analysis of the fundamental frequency and the harmonics-to-noise
ratio of a sampled sound" (1993): the autocorrelation of a Hann-windowed frame, divided by the window's own.
"""

from typing import Any

import numpy as np
import pyarrow as pa
import scipy
from numpy.typing import NDArray

from audsem_data.core.schema import Column
from audsem_data.media.acoustics.signal import LEVEL_FRAME_S, Signal

COLUMNS = (
    Column(
        "pitch_hz",
        pa.float32(),
        "median fundamental of the voiced frames, 60 to 2000 Hz; null if under 5 % of the frames are",
        "Hz",
        nullable=True,
    ),
    Column(
        "voiced_fraction",
        pa.float32(),
        "share of all 64 ms frames, every 32 ms, that are audible and have a normalised autocorrelation peak "
        "of at least 0.6",
    ),
    Column(
        "harmonicity_db",
        pa.float32(),
        "median harmonics-to-noise ratio 10 log10(r / (1 - r)) of the voiced frames, r their peak, at most 40",
        "dB",
        nullable=True,
    ),
)
_FRAME_S, _HOP_S = 0.064, 0.032
_LOW_HZ, _HIGH_HZ = 60.0, 2000.0
_VOICED = 0.6
_AS_GOOD = 0.9  # of two periods as good as each other the shorter is the fundamental's
_LEAST_VOICED = 0.05
_MAX_HARMONICITY_DB = 40.0


def measure(signal: Signal) -> dict[str, Any]:
    """Return the values of COLUMNS."""
    count, frames = _audible_frames(signal)
    pitch, strength = _pitch(_autocorrelation(frames), signal.rate)
    voiced = (strength >= _VOICED) & (pitch <= _HIGH_HZ)
    fraction = float(np.count_nonzero(voiced)) / count
    if fraction < _LEAST_VOICED:
        return {"pitch_hz": None, "voiced_fraction": round(fraction, 4), "harmonicity_db": None}
    ratio = np.minimum(strength[voiced], 1 - 10 ** (-_MAX_HARMONICITY_DB / 10))
    harmonicity = float(np.median(10 * np.log10(ratio / (1 - ratio))))
    return {
        "pitch_hz": round(float(np.median(pitch[voiced])), 1),
        "voiced_fraction": round(fraction, 4),
        "harmonicity_db": round(harmonicity, 1),
    }


def _audible_frames(signal: Signal) -> tuple[int, NDArray[np.float32]]:
    """Return how many frames the clip has, and those that begin in an audible 50 ms: shape (frames, samples)."""
    size, hop = round(_FRAME_S * signal.rate), round(_HOP_S * signal.rate)
    padded = np.pad(signal.centred, (0, max(size - len(signal.centred), 0)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]
    middles = (np.arange(len(frames)) * hop + size // 2) / signal.rate / LEVEL_FRAME_S
    audible = signal.audible[np.minimum(middles.astype(int), len(signal.audible) - 1)]
    return len(frames), frames[audible]


def _autocorrelation(frames: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the normalised autocorrelation by lag, up to half a frame: shape (frames, lags)."""
    size = frames.shape[1]
    window = np.hanning(size + 1)[:-1].astype(np.float32)
    tapered = (frames - frames.mean(axis=1, keepdims=True)) * window
    own = scipy.fft.irfft(np.abs(scipy.fft.rfft(window, 2 * size)) ** 2, 2 * size)[: size // 2]
    spectrum = scipy.fft.rfft(tapered, 2 * size, axis=1)
    products = scipy.fft.irfft(spectrum.real**2 + spectrum.imag**2, 2 * size, axis=1)[:, : size // 2]
    energy = np.maximum(products[:, :1], np.float32(1e-12))
    return np.asarray(products / energy * (own[0] / own), dtype=np.float32)


def _pitch(correlation: NDArray[np.float32], rate: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the fundamental in hertz and the height of its peak, refined by a parabola, of every frame."""
    longest = round(rate / _LOW_HZ)
    left, top, right = (correlation[:, 1 + k : longest + k].astype(np.float64) for k in range(3))
    peaks = np.where((top > left) & (top >= right), top, 0)
    best = peaks.max(axis=1, initial=0)
    place = np.argmax(peaks >= np.maximum(_AS_GOOD * best, 1e-9)[:, None], axis=1)
    rows = np.arange(len(correlation))
    low, mid, high = left[rows, place], top[rows, place], right[rows, place]
    bend = low - 2 * mid + high
    bend = np.where((best > 0) & (bend < 0), bend, -np.inf)  # a flat top is its own peak
    shift = np.where(best > 0, 0.5 * (low - high) / bend, 0.0)
    height = np.where(best > 0, mid - 0.25 * (low - high) * shift, 0.0)
    return rate / (place + 2 + shift), height
