"""Kaldi-compatible log mel filterbank energies, scaled as BEATs takes them."""

from typing import Any

import numpy as np
import torch

Array = np.ndarray[Any, Any]

RATE = 16_000
BINS = 128
FRAME, SHIFT = 400, 160  # 25 ms and 10 ms, in samples
_FFT = 512
_LOWEST, _HIGHEST = 20.0, 8_000.0  # hertz
_PRE_EMPHASIS = 0.97
_FULL_SCALE = 2.0**15  # Kaldi takes 16-bit samples
_MEAN, _DEVIATION = 15.41663, 6.55582  # of AudioSet, as BEATs was trained


class Fbank(torch.nn.Module):
    """Return the normalised log mel energies of one clip.

    25 ms frames every 10 ms, only those that fit into the clip; without dither, energy or padding; DC offset
    removed, pre-emphasis 0.97, Povey window, 128 triangular filters from 20 to 8000 Hz on Kaldi's mel scale.
    Always float32. Input (samples,) in [-1, 1] at 16 kHz, at least `FRAME` samples; output (frames, 128).

    Source: Povey et al., The Kaldi Speech Recognition Toolkit, 2011; scaling of Chen et al., BEATs, 2023.
    """

    window: torch.Tensor
    filters: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        povey = np.hanning(FRAME) ** 0.85
        self.register_buffer("window", torch.tensor(povey, dtype=torch.float32), persistent=False)
        self.register_buffer("filters", _mel_filters(), persistent=False)

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        """Return (frames, 128) of (samples,)."""
        frames = (samples * _FULL_SCALE).unfold(0, FRAME, SHIFT)
        frames = frames - frames.mean(1, keepdim=True)
        before = torch.cat([frames[:, :1], frames[:, :-1]], dim=1)
        spectrum = torch.fft.rfft((frames - _PRE_EMPHASIS * before) * self.window, n=_FFT)
        energies: torch.Tensor = spectrum.abs().square() @ self.filters
        logs = energies.clamp(min=torch.finfo(torch.float32).eps).log()
        return (logs - _MEAN) / (2 * _DEVIATION)


def _mel_filters() -> torch.Tensor:
    """Return the triangles, (FFT bins, 128): straight on the mel scale, 1 at the middle, 0 at the neighbours'."""
    lowest, highest = _mel(np.array([_LOWEST, _HIGHEST]))
    edges = np.linspace(lowest, highest, BINS + 2)
    position = _mel(np.arange(_FFT // 2 + 1) * RATE / _FFT)[:, None]
    rising = (position - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - position) / (edges[2:] - edges[1:-1])
    return torch.tensor(np.maximum(0.0, np.minimum(rising, falling)), dtype=torch.float32)


def _mel(hertz: Array) -> Array:
    return np.asarray(1127.0 * np.log1p(hertz / 700.0))
