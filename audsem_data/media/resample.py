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
