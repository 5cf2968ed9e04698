"""CoNeTTE's ear: decibels of 224 mel bins, and the ConvNeXt that hears in them.

Source: Pellegrini et al., Adapting a ConvNeXt Model to Audio Classification on AudioSet, Interspeech 2023.
"""

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from audsem_data.models.mel import decibels, mel_filters

RATE = 32_000
BINS = 224
SHIFT = 320
_FFT = 1024
_LOWEST, _HIGHEST = 50.0, 14_000.0  # hertz
_EPS = 1e-6


@dataclass(frozen=True)
class EncoderSizes:
    """The sizes of the network; the defaults are the published ones."""

    depths: tuple[int, ...] = (3, 3, 9, 3)
    widths: tuple[int, ...] = (96, 192, 384, 768)
    classes: int = 527


class MelDecibels(nn.Module):
    """Decibels of 224 Slaney mel bins from 50 Hz to 14 kHz every 10 ms, float32.

    Input (clips, samples) at 32 kHz; output (clips, frames, 224).
    """

    window: Tensor
    filters: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("window", torch.hann_window(_FFT), persistent=False)
        filters = mel_filters(RATE, _FFT, BINS, _LOWEST, _HIGHEST, "slaney")
        self.register_buffer("filters", filters, persistent=False)

    def forward(self, samples: Tensor) -> Tensor:
        """Return (clips, frames, 224)."""
        spectrum = torch.stft(samples, _FFT, SHIFT, window=self.window, return_complex=True)
        return decibels(spectrum.abs().square().transpose(1, 2) @ self.filters)


class ChannelNorm(nn.LayerNorm):
    """Layer normalisation over the channels of an image, (clips, channels, time, mel)."""

    def forward(self, image: Tensor) -> Tensor:
        """Return the image, normalised."""
        normed: Tensor = super().forward(image.permute(0, 2, 3, 1))
        return normed.permute(0, 3, 1, 2)


class Block(nn.Module):
    """A ConvNeXt block: a wide depthwise convolution, then a perceptron a place, scaled and added."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.scale_layer = nn.Parameter(torch.ones(width))
        self.dwconv = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width, eps=_EPS)
        self.pwconv1, self.pwconv2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, image: Tensor) -> Tensor:
        """Return an image of the same shape."""
        places = self.norm(self.dwconv(image).permute(0, 2, 3, 1))
        changed = self.scale_layer * self.pwconv2(nn.functional.gelu(self.pwconv1(places)))
        return image + torch.permute(changed, (0, 3, 1, 2))


class ConvNext(nn.Module):
    """The encoder: from decibels to a vector every 320 ms, and the probabilities of AudioSet's classes."""

    def __init__(self, sizes: EncoderSizes) -> None:
        super().__init__()
        widths = sizes.widths
        self.bn0 = nn.BatchNorm2d(BINS)
        stem = nn.Sequential(nn.Conv2d(1, widths[0], 4, stride=4, padding=(4, 0)), ChannelNorm(widths[0], eps=_EPS))
        halvings = [
            nn.Sequential(ChannelNorm(before, eps=_EPS), nn.Conv2d(before, after, 2, stride=2))
            for before, after in pairwise(widths)
        ]
        self.downsample_layers = nn.ModuleList([stem, *halvings])
        self.stages = nn.ModuleList(
            nn.Sequential(*(Block(width) for _ in range(depth)))
            for width, depth in zip(widths, sizes.depths, strict=True)
        )
        self.norm = nn.LayerNorm(widths[-1], eps=_EPS)
        self.head_audioset = nn.Linear(widths[-1], sizes.classes)

    def forward(self, mel: Tensor) -> Tensor:
        """Return frame embeddings, (clips, width, frames), of decibels, (clips, frames, 224); padding is heard."""
        image = self.bn0(mel[:, None].transpose(1, 3)).transpose(1, 3)
        for halve, stage in zip(self.downsample_layers, self.stages, strict=True):
            image = stage(halve(image))
        return image.mean(3)  # type: ignore[no-any-return]

    def tag(self, frames: Tensor) -> Tensor:
        """Return the probabilities of AudioSet's classes, (clips, 527), of frame embeddings."""
        pooled = frames.amax(2) + frames.mean(2)
        return self.head_audioset(self.norm(pooled)).sigmoid()  # type: ignore[no-any-return]
