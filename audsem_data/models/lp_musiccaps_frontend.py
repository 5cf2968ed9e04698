"""What LP-MusicCaps hears of a clip: windows of ten seconds, as decibels of mel bins, as 32 tokens of sound."""

import math

import torch
from torch import Tensor, nn

from audsem_data.models.mel import decibels, mel_filters

RATE = 16_000
WINDOW = 10 * RATE  # samples
BINS = 128
_SHORTEST_REST = RATE  # samples
_FFT, _SHIFT = 1_024, 160
_HALVINGS, _TOKENS = 5, 32  # of a window's 1001 frames


def windows(samples: int) -> list[slice]:
    """Return where the windows of a clip lie: ten seconds each, one after the other, from its beginning.

    What is left at the end, or a whole clip below ten seconds, is a shorter window. A rest below one second is
    left out: a caption of it would be one of the silence that fills it. An empty clip has no windows.
    """
    begins = range(0, samples, WINDOW)
    kept = [begin for begin in begins if begin == 0 or samples - begin >= _SHORTEST_REST]
    return [slice(begin, min(begin + WINDOW, samples)) for begin in kept]


class MelDecibels(nn.Module):
    """Decibels of 128 HTK mel bins up to 8 kHz every 10 ms, without a range.

    The power is that of the spectrum's real part alone, as the model was trained. Always float32.
    Input (windows, 160000) in [-1, 1] at 16 kHz; output (windows, 128, 1001).

    Source: Doh et al., LP-MusicCaps: LLM-Based Pseudo Music Captioning, ISMIR 2023, and its published settings.
    """

    window: Tensor
    filters: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("window", torch.hann_window(_FFT), persistent=False)
        self.register_buffer("filters", mel_filters(RATE, _FFT, BINS, 0, RATE / 2, "htk"), persistent=False)

    def forward(self, samples: Tensor) -> Tensor:
        """Return (windows, 128, 1001)."""
        spectrum = torch.stft(samples, _FFT, _SHIFT, window=self.window, return_complex=True)
        return decibels(self.filters.T @ spectrum.real.square())


class AudioEncoder(nn.Module):
    """Convolutions that halve the frames five times, and fixed sinusoids for where they are."""

    positional_embedding: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(BINS, width, 3, padding=1)
        self.conv_stack = nn.ModuleList(nn.Conv1d(width, width, 3, stride=2, padding=1) for _ in range(_HALVINGS))
        self.register_buffer("positional_embedding", _sinusoids(_TOKENS, width))

    def forward(self, mel: Tensor) -> Tensor:
        """Return (windows, 32, width) of (windows, 128, 1001)."""
        hidden = nn.functional.gelu(self.conv1(mel))
        for halve in self.conv_stack:
            hidden = nn.functional.gelu(halve(hidden))
        return hidden.mT + self.positional_embedding


def _sinusoids(count: int, width: int) -> Tensor:
    """Return (count, width): sines, then cosines, at frequencies that fall from 1 to 1/10000."""
    frequencies = torch.exp(torch.linspace(0, -math.log(10_000), width // 2, dtype=torch.float64))
    angles = torch.arange(count)[:, None] * frequencies
    return torch.cat([angles.sin(), angles.cos()], dim=1).float()
