"""Tempo, where onsets repeat regularly: by autocorrelation of the onset envelope."""

from typing import Any

import numpy as np
import pyarrow as pa
import scipy
from numpy.typing import NDArray

from audsem_data.core.schema import Column
from audsem_data.media.acoustics.signal import HOP_S

COLUMNS = (
    Column(
        "tempo_bpm",
        pa.float32(),
        "rate of the shortest regular repetition of onsets from 30 to 300 a minute; null unless there are at least "
        "4 onsets, the period fits 3 times and tempo_strength is at least 0.6",
        "1/min",
        nullable=True,
    ),
    Column(
        "tempo_strength",
        pa.float32(),
        "how much of the onset envelope comes back one period later: its autocorrelation, 0 to 1; "
        "0 if there is none, or fewer than 4 onsets",
    ),
)
_SLOWEST_BPM, _FASTEST_BPM = 30.0, 300.0
_LEAST_ONSETS, _LEAST_PERIODS = 4, 3
_LEAST_STRENGTH = 0.6
_AS_GOOD = 0.85  # of two periods as good as each other the shorter is meant
_SMOOTHING = np.array([1, 3, 5, 3, 1]) / 13  # an onset between two frames must not miss its successor


def measure(rises: NDArray[np.float64], onset_count: int) -> dict[str, Any]:
    """Return the values of COLUMNS, given the onset envelope (one value each 10 ms)."""
    if onset_count < _LEAST_ONSETS:
        return {"tempo_bpm": None, "tempo_strength": 0.0}
    period, strength = _period(np.convolve(rises, _SMOOTHING, mode="same"))
    bpm = 60 / (period * HOP_S) if period is not None and strength >= _LEAST_STRENGTH else None
    return {"tempo_bpm": bpm and round(bpm, 1), "tempo_strength": round(strength, 3)}


def _period(envelope: NDArray[np.float64]) -> tuple[float | None, float]:
    """Return the period in frames, and how regular it is."""
    first = round(60 / _FASTEST_BPM / HOP_S)
    last = min(round(60 / _SLOWEST_BPM / HOP_S), len(envelope) // _LEAST_PERIODS)
    if last <= first + 1:
        return None, 0.0
    regularity = _autocorrelation(envelope)[: last + 2]
    middle = regularity[first : last + 1]
    peaks = (middle >= regularity[first - 1 : last]) & (middle > regularity[first + 1 : last + 2])
    best = float(middle[peaks].max(initial=0.0))
    if best <= 0:
        return None, 0.0
    lag = first + int(np.flatnonzero(peaks & (middle >= _AS_GOOD * best))[0])
    left, top, right = regularity[lag - 1 : lag + 2]
    shift = 0.5 * (left - right) / (left - 2 * top + right)
    return lag + float(shift), min(float(top), 1.0)


def _autocorrelation(envelope: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the autocorrelation by lag, 1 at lag 0, not made up for the shorter overlap at longer lags."""
    centred = envelope - envelope.mean()
    size = scipy.fft.next_fast_len(2 * len(centred), real=True)
    products = scipy.fft.irfft(np.abs(scipy.fft.rfft(centred, size)) ** 2, size)[: len(centred)]
    if products[0] <= 0:
        return np.zeros(len(centred))
    return np.asarray(products / products[0])
