"""Mel filters and decibels as torchaudio (HTK) and librosa (Slaney) make them, for models trained on those."""

from typing import Any

import numpy as np
import torch

Array = np.ndarray[Any, Any]
_LEAST = 1e-10
_LOG_STEP = np.log(6.4) / 27  # of Slaney's scale above 1 kHz


def htk_filters(rate: int, fft: int, bins: int, lowest: float, highest: float) -> torch.Tensor:
    """Return triangles, (fft // 2 + 1, bins), centred evenly on the HTK mel scale, straight in hertz, of peak 1."""
    mels = np.linspace(_mel(lowest), _mel(highest), bins + 2)
    edges = 700.0 * (10.0 ** (mels / 2595.0) - 1.0)
    hertz = np.linspace(0, rate // 2, fft // 2 + 1)[:, None]
    rising = (hertz - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - hertz) / (edges[2:] - edges[1:-1])
    return torch.tensor(np.maximum(0.0, np.minimum(rising, falling)), dtype=torch.float32)


def slaney_filters(rate: int, fft: int, bins: int, lowest: float, highest: float) -> torch.Tensor:
    """Return triangles, (fft // 2 + 1, bins), centred evenly on Slaney's mel scale, each of the same area."""
    mels = np.linspace(_slaney_mel(lowest), _slaney_mel(highest), bins + 2)
    edges = np.where(mels < 15, mels * 200 / 3, 1000.0 * np.exp((mels - 15) * _LOG_STEP))
    hertz = np.linspace(0, rate / 2, fft // 2 + 1)[:, None]
    rising = (hertz - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - hertz) / (edges[2:] - edges[1:-1])
    triangles = np.maximum(0.0, np.minimum(rising, falling)) * 2.0 / (edges[2:] - edges[:-2])
    return torch.tensor(triangles, dtype=torch.float32)


def decibels(power: torch.Tensor, range_db: float | None = None) -> torch.Tensor:
    """Return 10 log10 of (..., bins, frames), no lower than `range_db` below each clip's own maximum."""
    logs = 10.0 * power.clamp(min=_LEAST).log10()
    if range_db is None:
        return logs
    return torch.maximum(logs, logs.amax(dim=(-2, -1), keepdim=True) - range_db)


def _mel(hertz: float) -> float:
    return float(2595.0 * np.log10(1.0 + hertz / 700.0))


def _slaney_mel(hertz: float) -> float:
    return float(hertz * 3 / 200 if hertz < 1000 else 15 + np.log(hertz / 1000) / _LOG_STEP)
