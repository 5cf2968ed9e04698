"""A fingerprint of sound that survives encoding, loudness, cutting and a slight change of speed.

A frame is 32 bits: whether the slope between neighbouring bands of 200 to 3,800 Hz rose or fell within an eighth of
a second. An outline is 24 bits: the same of wide bands, 8 bits at each of three times within a quarter of a second.
Coarser in pitch, it is what copies of another speed still share exactly, and so what an index looks up.
Source: Haitsma and Kalker, A Highly Robust Audio Fingerprinting System, ISMIR 2002; bands and steps are ours.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from audsem_data.media.mixdown import Samples

RATE = 8_000  # hertz
Array = np.ndarray[Any, Any]

_WINDOW, _STEP = 3072, 250  # samples
_LOWEST_HZ, _HIGHEST_HZ = 200.0, 3_800.0
_RISE = 4  # frames
_LAGS = (0, 4, 8)  # frames
_SILENT = 1e-6  # of the power of the loudest frame
_FAINTEST = 1e-9
_SPEEDS = (1.0, 0.98, 1.02, 0.96, 1.04)
_LEAST_FRAMES, _LEAST_SHARE = 12, 0.6
_CHANCE_FRAMES, _CHANCE = 8, 0.5
_FRAMES_AT_ONCE = 1024


@dataclass(frozen=True)
class Fingerprint:
    """`frames`, 32 of them a second, 0 where there is silence; and `outlines`, of those stretches that have sound.

    Both are uint32 arrays of one dimension; empty for what is silent or too short: under 0.6 s and 0.8 s.
    """

    frames: Array
    outlines: Array


def fingerprint(samples: Samples) -> Fingerprint:
    """Return the fingerprint of mono samples, shape (n,), at 8,000 hertz."""
    if len(samples) < _WINDOW + _RISE * _STEP:
        return Fingerprint(np.zeros(0, np.uint32), np.zeros(0, np.uint32))
    power = _power(samples)
    fine, loudness = _rises(power, 33)
    heard = loudness > max(float(loudness.max()) * _SILENT, _FAINTEST)
    frames = np.where(heard, np.maximum(fine, 1), 0).astype(np.uint32)
    wide, _ = _rises(power, 9)
    count = max(len(wide) - _LAGS[-1], 0)
    outlines = np.zeros(count, np.uint32)
    whole = np.ones(count, bool)
    for place, lag in enumerate(_LAGS):
        outlines |= wide[lag : lag + count] << np.uint32(8 * place)
        whole &= heard[lag : lag + count]
    return Fingerprint(frames, outlines[whole])


def distance(one: Array, other: Array) -> float:
    """Return the share of bits that differ between two clips' frames, where they fit best: 0 to 1.

    All offsets and five speeds are tried (0.96 to 1.04) by which at least 60 % of the shorter clip's sound, and a
    third of a second, lies over the other; 1 where there are none. Unrelated sounds differ in nearly half their
    bits. A quarter of a second that differs as they do is added to what is compared: little sound proves little.
    """
    if not len(one) or not len(other):
        return 1.0
    if np.array_equal(one, other) and one.any():
        return 0.0
    differing = np.bitwise_count(one[:, None] ^ other[None, :]).astype(np.float64)
    both = (one != 0)[:, None] & (other != 0)[None, :]
    least = max(_LEAST_FRAMES, _LEAST_SHARE * min(np.count_nonzero(one), np.count_nonzero(other)))
    return min(_best_offset(differing, both, speed, least) for speed in _SPEEDS)


def _best_offset(differing: Array, both: Array, speed: float, least: float) -> float:
    """Return the smallest mean along the diagonals of a table of (frames, frames), slanted by a speed."""
    rows, columns = differing.shape
    offsets = np.arange(-int(rows * speed) - 1, columns)[:, None]
    place = np.round(np.arange(rows) * speed).astype(int)[None, :] + offsets
    inside = (place >= 0) & (place < columns)
    row, place = np.arange(rows)[None, :], np.clip(place, 0, columns - 1)
    used = inside & both[row, place]
    count = used.sum(axis=1)
    if not (enough := count >= least).any():
        return 1.0
    wrong = np.where(used, differing[row, place], 0).sum(axis=1)
    wrong = wrong[enough] / 32 + _CHANCE * _CHANCE_FRAMES
    return float((wrong / (count[enough] + _CHANCE_FRAMES)).min())


def _power(samples: Samples) -> Array:
    """Return the power spectrum of each frame, shape (frames, frequencies)."""
    framed = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::_STEP]
    window = np.hanning(_WINDOW).astype(np.float32)
    parts = [
        np.abs(np.fft.rfft(framed[start : start + _FRAMES_AT_ONCE] * window, axis=1)) ** 2
        for start in range(0, len(framed), _FRAMES_AT_ONCE)
    ]
    return np.concatenate(parts)


def _rises(power: Array, bands: int) -> tuple[Array, Array]:
    """Return a number of `bands - 1` bits for each frame, and how loud it is, at the less loud of its two times."""
    hertz = np.fft.rfftfreq(_WINDOW, 1 / RATE)
    edges = np.searchsorted(hertz, np.geomspace(_LOWEST_HZ, _HIGHEST_HZ, bands + 1))
    level = np.add.reduceat(power[:, : edges[-1]], edges[:-1], axis=1)
    slope = level[:, :-1] - level[:, 1:]
    bits = slope[_RISE:] > slope[:-_RISE]
    total = level.sum(axis=1)
    numbers = (bits * (1 << np.arange(bands - 1, dtype=np.uint64))).sum(axis=1).astype(np.uint32)
    return numbers, np.minimum(total[_RISE:], total[:-_RISE])
