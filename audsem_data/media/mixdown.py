"""Turn a decoded frame of any sample format and channel layout into mono float samples."""

from typing import Any

import numpy as np
from av import AudioFrame
from numpy.typing import NDArray

Samples = NDArray[np.float32]


def to_mono(frame: AudioFrame) -> Samples:
    """Return float32 samples, shape (frame.samples,): the mean of all channels, full scale 1."""
    planes: NDArray[Any] = frame.to_ndarray()
    if not frame.format.is_planar:  # one row of interleaved channels
        planes = planes.reshape(-1, len(frame.layout.channels)).T
    if planes.dtype.kind == "f":
        with np.errstate(
            invalid="ignore", over="ignore"
        ):  # what is not finite stays so, and is found where it matters
            return np.asarray(np.mean(planes, axis=0, dtype=np.float64), dtype=np.float32)
    info = np.iinfo(planes.dtype)
    middle = 0.0 if info.min < 0 else 2.0 ** (info.bits - 1)
    mean = np.mean(planes, axis=0, dtype=np.float64)
    return np.asarray((mean - middle) / 2.0 ** (info.bits - 1), dtype=np.float32)
