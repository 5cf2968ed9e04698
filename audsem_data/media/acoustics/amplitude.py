"""Peak, RMS, crest factor and zero crossings of the samples as they are."""

from typing import Any

import numpy as np
import pyarrow as pa

from audsem_data.core.schema import Column
from audsem_data.media.acoustics.signal import Signal
from audsem_data.media.level import dbfs

COLUMNS = (
    Column("duration_s", pa.float32(), "length of the clip", "s"),
    Column("peak_dbfs", pa.float32(), "highest absolute sample; -120 for digital silence", "dBFS"),
    Column("rms_dbfs", pa.float32(), "root mean square of all samples, a sine at full scale is -3.01", "dBFS"),
    Column("crest_db", pa.float32(), "peak over RMS; null for digital silence", "dB", nullable=True),
    Column("clipped_fraction", pa.float32(), "share of samples at full scale (32767/32768 or beyond)"),
    Column("zero_crossings_hz", pa.float32(), "changes of sign a second, the mean removed", "Hz"),
)


def measure(signal: Signal) -> dict[str, Any]:
    """Return the values of COLUMNS."""
    magnitude = np.abs(signal.samples)
    peak = float(magnitude.max())
    rms = float(np.sqrt(np.mean(np.square(signal.samples, dtype=np.float64))))
    positive = signal.centred >= 0
    return {
        "duration_s": round(signal.duration_s, 4),
        "peak_dbfs": round(dbfs(peak), 2),
        "rms_dbfs": round(dbfs(rms), 2),
        "crest_db": round(dbfs(peak) - dbfs(rms), 2) if rms else None,
        "clipped_fraction": round(float(np.mean(magnitude >= 32767 / 32768)), 6),
        "zero_crossings_hz": round(float(np.count_nonzero(positive[1:] != positive[:-1])) / signal.duration_s, 1),
    }
