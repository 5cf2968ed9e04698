"""How the level goes over the clip: second by second, its range, its trend, and its silences."""

from typing import Any

import numpy as np
import pyarrow as pa

from audsem_data.core.schema import Column
from audsem_data.media.acoustics.signal import LEVEL_FRAME_S, Signal, rms_levels

COLUMNS = (
    Column("levels_dbfs", pa.list_(pa.float32()), "RMS of each second, the last may be shorter", "dBFS"),
    Column(
        "dynamic_range_db",
        pa.float32(),
        "95th minus 10th percentile of the RMS of 50 ms frames that are not silent; null if all are",
        "dB",
        nullable=True,
    ),
    Column(
        "level_slope_db_per_s",
        pa.float32(),
        "slope of a line through the levels of the frames that are not silent; null if they span under 0.5 s",
        "dB/s",
        nullable=True,
    ),
    Column(
        "level_trend",
        pa.string(),
        "rising or falling: the line changes by 6 dB or more and explains half of the variance; "
        "else steady: dynamic range below 6 dB; else varying",
        nullable=True,
    ),
    Column(
        "silence_fraction",
        pa.float32(),
        "share of 50 ms frames whose RMS is below -60 dBFS or over 40 dB below the loudest",
    ),
    Column("longest_silence_s", pa.float32(), "longest run of such frames", "s"),
)
_TREND_DB = 6.0
_STEADY_DB = 6.0
_EXPLAINED = 0.5
_SHORTEST_TREND_S = 0.5


def measure(signal: Signal) -> dict[str, Any]:
    """Return the values of COLUMNS."""
    levels, audible = signal.levels, signal.audible
    heard = levels[audible]
    spread = float(np.diff(np.percentile(heard, [10, 95]))[0]) if len(heard) else None
    slope, trend = _trend(signal, spread)
    return {
        "levels_dbfs": _by_second(signal),
        "dynamic_range_db": None if spread is None else round(spread, 2),
        "level_slope_db_per_s": None if slope is None else round(slope, 2),
        "level_trend": trend,
        "silence_fraction": round(1 - float(audible.mean()), 4),
        "longest_silence_s": round(min(_longest_run(~audible) * LEVEL_FRAME_S, signal.duration_s), 3),
    }


def _by_second(signal: Signal) -> list[float]:
    whole = len(signal.centred) // signal.rate * signal.rate
    levels = list(rms_levels(signal.centred[:whole], signal.rate)) if whole else []
    if whole < len(signal.centred):
        rest = signal.centred[whole:]
        levels += list(rms_levels(rest, len(rest)))
    return [round(float(level), 2) for level in levels]


def _trend(signal: Signal, spread: float | None) -> tuple[float | None, str | None]:
    times = np.flatnonzero(signal.audible) * LEVEL_FRAME_S
    if spread is None or times[-1] - times[0] + LEVEL_FRAME_S < _SHORTEST_TREND_S:
        return None, None
    levels = signal.levels[signal.audible]
    times_off, levels_off = times - times.mean(), levels - levels.mean()
    slope = float(times_off @ levels_off / (times_off @ times_off))
    variance = float(levels_off @ levels_off)
    explained = slope * float(times_off @ levels_off) / variance if variance else 0.0
    if abs(slope) * (times[-1] - times[0]) >= _TREND_DB and explained >= _EXPLAINED:
        return slope, "rising" if slope > 0 else "falling"
    return slope, "steady" if spread < _STEADY_DB else "varying"


def _longest_run(flags: np.typing.NDArray[np.bool_]) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    return int((edges[1::2] - edges[::2]).max(initial=0))
