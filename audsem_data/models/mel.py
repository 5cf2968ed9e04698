"""Mel filters by transformers, on the scales that models were trained on, and decibels."""

import warnings
from typing import Literal

import torch
from transformers.audio_utils import mel_filter_bank

Scale = Literal["htk", "slaney", "kaldi"]
_LEAST = 1e-10


def mel_filters(rate: int, fft: int, bins: int, lowest: float, highest: float, scale: Scale) -> torch.Tensor:
    """Return triangles, (fft // 2 + 1, bins), centred evenly on a mel scale between two frequencies in hertz.

    htk: straight in hertz, of peak 1 (torchaudio). slaney: straight in hertz, each of the same area (librosa).
    kaldi: straight on the mel scale, of peak 1; the lowest may hold no frequency of the transform, and is zero.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "At least one mel filter has all zero values")
        filters = mel_filter_bank(
            fft // 2 + 1,
            bins,
            lowest,
            highest,
            rate,
            norm="slaney" if scale == "slaney" else None,
            mel_scale=scale,
            triangularize_in_mel_space=scale == "kaldi",
        )
    return torch.tensor(filters, dtype=torch.float32)


def decibels(power: torch.Tensor, range_db: float | None = None) -> torch.Tensor:
    """Return 10 log10 of (..., bins, frames), no lower than `range_db` below each clip's own maximum."""
    logs = 10.0 * power.clamp(min=_LEAST).log10()
    if range_db is None:
        return logs
    return torch.maximum(logs, logs.amax(dim=(-2, -1), keepdim=True) - range_db)
