"""Where the energy lies: centroid, bandwidth, rolloff and flatness of the clip's mean power spectrum."""

from typing import Any

import numpy as np
import pyarrow as pa

from audsem_data.core.schema import Column
from audsem_data.media.acoustics.signal import Signal

_NULL = "; null without audible sound"
COLUMNS = (
    Column(
        "centroid_hz", pa.float32(), f"brightness: mean frequency, weighted by power{_NULL}", "Hz", nullable=True
    ),
    Column("bandwidth_hz", pa.float32(), f"standard deviation about the centroid{_NULL}", "Hz", nullable=True),
    Column("rolloff_hz", pa.float32(), f"frequency below which 85 % of the power lies{_NULL}", "Hz", nullable=True),
    Column(
        "flatness",
        pa.float32(),
        f"geometric over arithmetic mean of the power from 50 Hz to 15 kHz: white noise 1, a tone 0{_NULL}",
        nullable=True,
    ),
)
_ROLLOFF = 0.85
_FLAT_HZ = (50.0, 15_000.0)


def measure(signal: Signal) -> dict[str, Any]:
    """Return the values of COLUMNS."""
    if not signal.audible.any():
        return {column.name: None for column in COLUMNS}
    power = signal.power.mean(axis=0, dtype=np.float64)
    frequencies = signal.frequencies
    share = power / power.sum()
    centroid = float(share @ frequencies)
    bandwidth = float(np.sqrt(share @ np.square(frequencies - centroid)))
    rolloff = float(frequencies[np.searchsorted(np.cumsum(share), _ROLLOFF)])
    inside = power[(frequencies >= _FLAT_HZ[0]) & (frequencies <= _FLAT_HZ[1])]
    inside = np.maximum(inside, power.max() * 1e-12)
    flatness = float(np.exp(np.log(inside).mean()) / inside.mean())
    return {
        "centroid_hz": round(centroid, 1),
        "bandwidth_hz": round(bandwidth, 1),
        "rolloff_hz": round(rolloff, 1),
        "flatness": round(flatness, 4),
    }
