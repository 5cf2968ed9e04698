"""CLAP's published front end as one batched transform on the device: decibels of mel bins."""

import torch
from torch import Tensor, nn
from transformers import ClapFeatureExtractor

from audsem_data.models.mel import decibels


class ClapFrontEnd(nn.Module):
    """Return CLAP's input features of windows that are all as long as the extractor's own.

    Equal to `ClapFeatureExtractor` of the same settings to 1e-4 decibels. The spectrum is computed in float64 where
    the device has it, as the extractor does: decibels of a quiet bin beside a loud one show float32's rounding.
    Input (windows, samples), float32; output (windows, 1, frames, bins), or four equal channels for a model that
    fuses crops of long clips. Float32.

    Source: Wu et al., Large-scale Contrastive Language-Audio Pretraining, ICASSP 2023.
    """

    window: Tensor
    filters: Tensor

    def __init__(self, extractor: ClapFeatureExtractor) -> None:
        super().__init__()
        fuses = extractor.truncation == "fusion"
        filters = extractor.mel_filters if fuses else extractor.mel_filters_slaney
        self._channels, self._hop = 4 if fuses else 1, int(extractor.hop_length)
        window = torch.hann_window(int(extractor.fft_window_size), dtype=torch.float64)
        self.register_buffer("window", window, persistent=False)
        self.register_buffer("filters", torch.from_numpy(filters).float(), persistent=False)

    def forward(self, samples: Tensor) -> Tensor:
        """Return (windows, channels, frames, bins)."""
        exact = torch.float32 if samples.device.type == "mps" else torch.float64
        spectrum = torch.stft(
            samples.to(exact), len(self.window), self._hop, window=self.window.to(exact), return_complex=True
        )
        power = spectrum.to(torch.complex64).abs().square().mT
        return decibels(power @ self.filters)[:, None].expand(-1, self._channels, -1, -1)
