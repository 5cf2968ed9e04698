"""Onsets by spectral flux: moments at which many bands of the spectrum rise at once."""

from typing import Any

import numpy as np
import pyarrow as pa
import scipy
from numpy.typing import NDArray

from audsem_data.core.schema import Column
from audsem_data.media.acoustics.signal import HOP_S, WINDOW_S, Signal

COLUMNS = (
    Column(
        "onsets_s",
        pa.list_(pa.float32()),
        "times at which the mean rise of 32 mel bands over 20 ms peaks at least 4 dB above its median over 1 s, "
        "at least 0.1 s apart; a sound that is under way when the clip starts has none",
        "s",
    ),
    Column("onset_count", pa.int32(), "how many there are"),
    Column("onset_rate_hz", pa.float32(), "onsets a second", "Hz"),
    Column("first_onset_s", pa.float32(), "the first of them; null without onsets", "s", nullable=True),
)
_BANDS = 32
_RANGE_HZ = (60.0, 14_000.0)
_LAG = 2  # frames of 10 ms over which a rise is measured
_MEDIAN = 101  # frames
_RISE_DB = 4.0
_APART = 10  # frames
_FALLEN, _AFTER = 0.5, 3  # of the power before, 3 frames on: a sound that breaks off splashes over all bands
_QUIET_DB = 60.0  # what is further below the loudest band is not heard to rise


def envelope(signal: Signal) -> NDArray[np.float64]:
    """Return the mean rise of the bands above its running median, in dB, one value each 10 ms."""
    edges = _band_edges(signal)
    bands = np.add.reduceat(signal.power, edges[:-1], axis=1)
    floor = max(float(bands.max()) * 10 ** (-_QUIET_DB / 10), 1e-10)
    levels = 10 * np.log10(np.maximum(bands, floor))
    total = bands.sum(axis=1)
    rise = np.zeros(len(levels))
    if len(levels) > _LAG:
        rise[_LAG:] = np.maximum(levels[_LAG:] - levels[:-_LAG], 0).mean(axis=1)
        after = total[np.minimum(np.arange(_LAG, len(total)) + _AFTER, len(total) - 1)]
        rise[_LAG:][after < _FALLEN * total[:-_LAG]] = 0
    return np.asarray(np.maximum(rise - scipy.ndimage.median_filter(rise, size=_MEDIAN, mode="nearest"), 0))


def measure(signal: Signal, rises: NDArray[np.float64]) -> dict[str, Any]:
    """Return the values of COLUMNS, given the envelope."""
    peaks = np.flatnonzero(
        (rises >= _RISE_DB) & (rises == scipy.ndimage.maximum_filter1d(rises, size=2 * _APART - 1))
    )
    frames: list[int] = []
    for peak in peaks.tolist():  # of equal neighbours the first counts
        if not frames or peak - frames[-1] >= _APART:
            frames.append(peak)
    times = [round(frame * HOP_S + WINDOW_S / 2, 3) for frame in frames]
    return {
        "onsets_s": times,
        "onset_count": len(times),
        "onset_rate_hz": round(len(times) / signal.duration_s, 3),
        "first_onset_s": times[0] if times else None,
    }


def _band_edges(signal: Signal) -> NDArray[np.int64]:
    """Return the first bins of bands that are equally wide in mel, but at least one bin, and an end."""
    low, high = (2595 * np.log10(1 + hertz / 700) for hertz in _RANGE_HZ)
    hertz = 700 * (10 ** (np.linspace(low, high, _BANDS + 1) / 2595) - 1)
    return np.unique(np.searchsorted(signal.frequencies, hertz))
