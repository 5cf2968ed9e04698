"""All measured facts of a clip together: their columns and their values."""

from typing import Any

import numpy as np

from audsem_data.media.acoustics import amplitude, dynamics, loudness, onsets, pitch, spectrum, tempo
from audsem_data.media.acoustics.signal import Signal
from audsem_data.media.mixdown import Samples

COLUMNS = (
    *amplitude.COLUMNS,
    *loudness.COLUMNS,
    *dynamics.COLUMNS,
    *onsets.COLUMNS,
    *tempo.COLUMNS,
    *pitch.COLUMNS,
    *spectrum.COLUMNS,
)


def measure(samples: Samples, rate: int) -> dict[str, Any]:
    """Return a value for each of COLUMNS; `samples` are float32 mono, shape (n,), full scale 1.

    Without samples the facts are those of one zero. Values are rounded, so that they are the same wherever
    they are computed.
    """
    signal = Signal(samples if len(samples) else np.zeros(1, np.float32), rate)
    rises = onsets.envelope(signal)
    beginnings = onsets.measure(signal, rises)
    return {
        **amplitude.measure(signal),
        **loudness.measure(signal),
        **dynamics.measure(signal),
        **beginnings,
        **tempo.measure(rises, beginnings["onset_count"]),
        **pitch.measure(signal),
        **spectrum.measure(signal),
    }
