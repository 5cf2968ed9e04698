"""Integrated loudness by ITU-R BS.1770-4: K-weighting, 400 ms blocks, absolute and relative gate; mono."""

from typing import Any

import numpy as np
import pyarrow as pa
import scipy
from numpy.typing import NDArray

from audsem_data.core.schema import Column
from audsem_data.media.acoustics.signal import Signal

COLUMNS = (
    Column(
        "loudness_lufs",
        pa.float32(),
        "integrated loudness, ITU-R BS.1770-4; null if shorter than 0.4 s or all below the gate of -70 LUFS",
        "LUFS",
        nullable=True,
    ),
)
_OFFSET = -0.691
_BLOCK_S, _STEP_S = 0.4, 0.1
_ABSOLUTE_LUFS, _RELATIVE_LU = -70.0, -10.0


def measure(signal: Signal) -> dict[str, Any]:
    """Return the values of COLUMNS."""
    weighted = scipy.signal.sosfilt(k_weighting(signal.rate), signal.centred)
    loudness = _gated(_block_powers(weighted, signal.rate))
    return {"loudness_lufs": None if loudness is None else round(loudness, 2)}


def k_weighting(rate: int) -> NDArray[np.float64]:
    """Return the K-weighting filter as two second-order sections for any rate.

    The recommendation gives coefficients at 48 kHz only; these analogue parameters reproduce them there.
    """
    k, q = np.tan(np.pi * 1681.974450955533 / rate), 0.7071752369554196
    high = 10 ** (3.999843853973347 / 20)
    band = high**0.4996667741545416
    norm = 1 + k / q + k * k
    poles = [1, 2 * (k * k - 1) / norm, (1 - k / q + k * k) / norm]
    shelf = [(high + band * k / q + k * k) / norm, 2 * (k * k - high) / norm, (high - band * k / q + k * k) / norm]
    k, q = np.tan(np.pi * 38.13547087602444 / rate), 0.5003270373238773
    norm = 1 + k / q + k * k
    highpass = [1, -2, 1, 1, 2 * (k * k - 1) / norm, (1 - k / q + k * k) / norm]
    return np.array([shelf + poles, highpass])


def _block_powers(weighted: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """Return the mean square of every whole block of 400 ms, one each 100 ms."""
    step = round(_STEP_S * rate)
    whole = len(weighted) // step * step
    steps = np.square(weighted[:whole]).reshape(-1, step).mean(axis=1)
    per_block = round(_BLOCK_S / _STEP_S)
    if len(steps) < per_block:
        return np.empty(0)
    return np.convolve(steps, np.full(per_block, 1 / per_block), mode="valid")


def _gated(powers: NDArray[np.float64]) -> float | None:
    loud = powers[_lufs(powers) > _ABSOLUTE_LUFS]
    if not len(loud):
        return None
    kept = loud[_lufs(loud) > float(_lufs(loud.mean())) + _RELATIVE_LU]
    return float(_lufs(kept.mean()))


def _lufs(power: Any) -> Any:
    return _OFFSET + 10 * np.log10(np.maximum(power, 1e-20))
