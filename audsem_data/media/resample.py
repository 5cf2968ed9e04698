"""Resampling by soxr, and the stretch of source around a clip from which it can be resampled exactly."""

from math import gcd
from typing import NamedTuple

import numpy as np
import soxr

from audsem_data.media.mixdown import Samples

_QUALITY = "VHQ"
_ROLL_MS = 100  # of context on either side; soxr's VHQ filters reach less than 20 ms


def resample(samples: Samples, from_rate: int, to_rate: int) -> Samples:
    """Return float32 samples, shape (n,), at `to_rate` hertz; without delay."""
    if from_rate == to_rate or not len(samples):
        return samples
    return np.asarray(soxr.resample(samples, from_rate, to_rate, quality=_QUALITY), dtype=np.float32)


class StreamResampler:
    """Resamples mono float32 samples as they come, without delay; the last ones wait for those that follow."""

    def __init__(self, from_rate: int, to_rate: int) -> None:
        self.from_rate, self._to_rate = from_rate, to_rate
        self._taken = self._given = 0
        self._stream = None if from_rate == to_rate else self._open()

    @property
    def pending(self) -> int:
        """Return how many samples at the new rate `flush` would give."""
        return round(self._taken * self._to_rate / self.from_rate) - self._given

    def take(self, samples: Samples) -> Samples:
        """Return what can be given now that these samples have come."""
        self._taken += len(samples)
        given = samples if self._stream is None else np.asarray(self._stream.resample_chunk(samples), np.float32)
        self._given += len(given)
        return given

    def flush(self) -> Samples:
        """Return the rest; what comes then is resampled as from a new beginning."""
        rest = np.zeros(self.pending, np.float32)
        if self._stream is not None and len(rest):
            last = self._stream.resample_chunk(np.zeros(0, np.float32), last=True)[: len(rest)]
            rest[: len(last)] = last
            self._stream = self._open()
        self._taken = self._given = 0
        return rest

    def _open(self) -> soxr.ResampleStream:
        return soxr.ResampleStream(self.from_rate, self._to_rate, 1, dtype="float32", quality=_QUALITY)


class Context(NamedTuple):
    """Source samples [begin, end) from which a clip is resampled.

    `begin` falls on a sample of the output's own timeline, so that a clip that starts between two source
    samples is still cut without a fraction of a sample of offset.
    """

    begin: int
    end: int
    first: int  # output samples between `begin` and the clip's first
    length: int  # output samples of the clip

    def cut(self, samples: Samples, from_rate: int, to_rate: int) -> Samples:
        """Return the clip's samples at `to_rate`, given those of the whole context."""
        return resample(samples, from_rate, to_rate)[self.first : self.first + self.length]


def context(start_ms: int, end_ms: int, from_rate: int, to_rate: int) -> Context:
    """Return the context of a clip; the timeline of both rates starts at time zero of the source."""
    roll = from_rate * _ROLL_MS // 1000
    common = gcd(from_rate, to_rate)
    blocks = (start_ms * from_rate // 1000 - roll) // (from_rate // common)
    begin = blocks * (from_rate // common)
    end = -(-end_ms * from_rate // 1000) + roll
    start, stop = round(start_ms * to_rate / 1000), round(end_ms * to_rate / 1000)
    return Context(begin, end, start - blocks * (to_rate // common), stop - start)
