"""Kaldi-compatible log mel filterbank energies, normalised as BEATs and AST take them."""

from typing import NamedTuple

import numpy as np
import torch

from audsem_data.models.mel import mel_filters

RATE = 16_000
BINS = 128
FRAME, SHIFT = 400, 160  # 25 ms and 10 ms, in samples
_FFT = 512
_LOWEST, _HIGHEST = 20.0, 8_000.0  # hertz
_PRE_EMPHASIS = 0.97


class Scaling(NamedTuple):
    """What a model was trained on: (log energy - mean) / (2 * deviation) of samples times `full_scale`.

    `exponent` shapes the window, a Hann raised to it.
    """

    full_scale: float
    mean: float
    deviation: float
    exponent: float


BEATS_SCALING = Scaling(2.0**15, 15.41663, 6.55582, 0.85)  # Kaldi's 16-bit samples and Povey window
AST_SCALING = Scaling(1.0, -4.2677393, 4.5689974, 1.0)


class Fbank(torch.nn.Module):
    """Return the normalised log mel energies of clips, one transform for the whole batch.

    25 ms frames every 10 ms, only those that fit into the clip; without dither, energy or padding; DC offset
    removed, pre-emphasis 0.97, 128 triangular filters from 20 to 8000 Hz on Kaldi's mel scale. Always float32.
    Input (..., samples) in [-1, 1] at 16 kHz, at least `FRAME` samples; output (..., frames, 128). A frame sees its
    own samples alone: of clips padded at the end, the first `frames_of` frames are those of the clip alone.

    Source: Povey et al., The Kaldi Speech Recognition Toolkit, 2011; scalings of the models' own papers.
    """

    window: torch.Tensor
    filters: torch.Tensor

    def __init__(self, scaling: Scaling = BEATS_SCALING) -> None:
        super().__init__()
        self._scaling = scaling
        window = np.hanning(FRAME) ** scaling.exponent
        self.register_buffer("window", torch.tensor(window, dtype=torch.float32), persistent=False)
        filters = mel_filters(RATE, _FFT, BINS, _LOWEST, _HIGHEST, "kaldi")
        self.register_buffer("filters", filters, persistent=False)

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        """Return (..., frames, 128) of (..., samples)."""
        frames = (samples * self._scaling.full_scale).unfold(-1, FRAME, SHIFT)
        frames = frames - frames.mean(-1, keepdim=True)
        before = torch.cat([frames[..., :1], frames[..., :-1]], dim=-1)
        spectrum = torch.fft.rfft((frames - _PRE_EMPHASIS * before) * self.window, n=_FFT)
        energies: torch.Tensor = spectrum.abs().square() @ self.filters
        logs = energies.clamp(min=torch.finfo(torch.float32).eps).log()
        return (logs - self._scaling.mean) / (2 * self._scaling.deviation)


def frames_of(samples: int) -> int:
    """Return how many frames fit into a clip of so many samples."""
    return max(0, 1 + (samples - FRAME) // SHIFT)
