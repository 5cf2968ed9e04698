"""Streaming Audio Transformer, base, one second: AudioSet's classes in every second of a clip.

Each second is a chunk that attends to the chunk before it, through what every layer took in then (the cache). A
clip begins with the cache of silence, so that clips do not hear one another.
Source: Dinkel et al., Streaming Audio Transformers for Online Audio Tagging, Interspeech 2024; the published
checkpoint SAT_B_stream1s_mAP_41_37.pt.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from audsem_data.core.errors import ModelError
from audsem_data.core.model import Device
from audsem_data.models.audioset import labels
from audsem_data.models.batches import in_flight
from audsem_data.models.checkpoint import fill, read_checkpoint
from audsem_data.models.mel import decibels, mel_filters
from audsem_data.models.placement import batch_samples, place, torch_device
from audsem_data.models.ragged import padded

Array = np.ndarray[Any, Any]
Cache = Tensor  # (layers, clips, tokens, width)

RATE = 16_000
BINS, PATCH = 64, 16
PIECE = 96  # frames that are looked at at once; a second has 101, of which the last 5 are not heard
_SILENCE = 15_360  # samples of silence that a clip's past is made of
_FFT, _SHIFT, _RANGE_DB = 512, 160, 120.0
_HEAD = 64  # width of an attention head
_AUTO = Device()


class Sat:
    """The probabilities of AudioSet's classes in every second of clips of 16 kHz."""

    def __init__(self, checkpoint: Path, device: Device = _AUTO, dtype: str = "float32") -> None:
        """Load the published checkpoint, or a smaller one of its layout; raises ModelError."""
        held = read_checkpoint(checkpoint)
        tensors = held.get("model", held)
        network = SatNetwork(_sizes(tensors, checkpoint))
        fill(network, tensors, checkpoint, harmless=lambda key: key.startswith("front_end."))
        self._device = torch_device(device)
        self.front_end = MelDecibels().to(self._device)
        self.network = place(network, device, dtype)
        self.silence = self._hear(torch.zeros(1, _SILENCE, device=self._device), None)[1]

    def __call__(self, clips: Sequence[Array]) -> list[Array | None]:
        """Return one float32 array a clip, (seconds begun, 527), in the order of AudioSet's index.

        The same, to 1e-5 at float32, whatever else is in the batch. The last second is filled with silence; an
        empty clip has no seconds. None for a clip whose samples or probabilities are not all finite.

        Args:
            clips: float32 mono samples in [-1, 1] at 16 kHz, (samples,).
        """
        return in_flight(
            clips,
            batch_samples(self._device, RATE),
            lambda batch: self._run([clips[i] for i in batch]),
            lambda batch, likely: list(map(_finite, [clips[i] for i in batch], likely.cpu().numpy())),
        )

    @torch.inference_mode()
    def _run(self, clips: list[Array]) -> Tensor:
        """Return (clips, most seconds, 527) of clips by length; after a clip's last second, nothing is meant.

        Clips run side by side, second by second; those that have ended are left out: they stand first.
        """
        seconds = [-(-len(clip) // RATE) for clip in clips]
        if not seconds[-1]:
            return torch.zeros(len(clips), 0, len(labels()))
        shape = len(clips), seconds[-1]
        samples = padded(clips, self._device, seconds[-1] * RATE).reshape(-1, RATE)
        mel = self._decibels(samples).reshape(*shape, BINS, -1)
        likely = torch.full((*shape, len(labels())), torch.nan, device=self._device)
        cache = self.silence.expand(-1, len(clips), -1, -1)
        for second in range(seconds[-1]):
            ended = bisect_right(seconds, second)
            row, cache = self.network(mel[ended:, second], cache[:, ended - len(clips) :])
            likely[ended:, second] = row.float()
        return likely

    @torch.inference_mode()
    def _hear(self, samples: Tensor, cache: Cache | None) -> tuple[Tensor, Cache]:
        likely, cache = self.network(self._decibels(samples.to(self._device)), cache)
        return likely.float(), cache

    def _decibels(self, samples: Tensor) -> Tensor:
        """Return what the network takes of (seconds, samples), each second by itself."""
        return self.front_end(samples).to(self.network.time_pos_embed.dtype)  # type: ignore[no-any-return]


class MelDecibels(nn.Module):
    """Decibels of 64 HTK mel bins up to 8 kHz every 10 ms, at most 120 dB below each clip's own maximum.

    Input (clips, samples), more than 256 samples; output (clips, 64, frames), float32.
    """

    window: Tensor
    filters: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("window", torch.hann_window(_FFT), persistent=False)
        self.register_buffer("filters", mel_filters(RATE, _FFT, BINS, 0, RATE / 2, "htk"), persistent=False)

    def forward(self, samples: Tensor) -> Tensor:
        """Return (clips, 64, frames)."""
        spectrum = torch.stft(samples, _FFT, _SHIFT, window=self.window, return_complex=True)
        power = spectrum.abs().square()
        return decibels((power.transpose(1, 2) @ self.filters).transpose(1, 2), _RANGE_DB)


@dataclass(frozen=True)
class SatSizes:
    """The sizes of the network; the defaults are the published ones."""

    width: int = 768
    depth: int = 12
    hidden: int = 3072
    classes: int = 527


class SatNetwork(nn.Module):
    """The network: patches of decibels, transformer blocks with a cache, a linear head on the tokens' mean."""

    def __init__(self, sizes: SatSizes) -> None:
        super().__init__()
        width = sizes.width
        self.time_pos_embed = nn.Parameter(torch.zeros(1, width, 1, 2 * PIECE // PATCH))
        self.freq_pos_embed = nn.Parameter(torch.zeros(1, width, BINS // PATCH, 1))
        self.init_bn = nn.Sequential(nn.Identity(), nn.BatchNorm1d(BINS))
        self.patch_embed = nn.ModuleDict({"proj": nn.Conv2d(1, width, PATCH, stride=PATCH)})
        self.blocks = nn.ModuleList(Block(width, sizes.hidden) for _ in range(sizes.depth))
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.outputlayer = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, sizes.classes))

    def forward(self, mel: Tensor, cache: Cache | None) -> tuple[Tensor, Cache]:
        """Return probabilities, (clips, classes), and the cache for what follows.

        More than 96 frames are looked at in pieces, a shorter last one is dropped, and their probabilities
        averaged.

        Args:
            mel: decibels, (clips, 64, frames), at least 16 frames.
            cache: of what came before; None hears nothing before.
        """
        pieces = list(torch.split(mel, PIECE, dim=2)) if mel.shape[2] > PIECE else [mel]
        pieces = [piece for piece in pieces if piece.shape[2] == pieces[0].shape[2]]
        likely = []
        for piece in pieces:
            if cache is not None:
                cache = torch.cat([self._placed_again(cache[:1]), cache[1:]])
            tokens = self._tokens(piece)
            inputs = []
            for layer, block in enumerate(self.blocks):
                inputs.append(tokens)
                tokens = block(tokens, None if cache is None else cache[layer])
            cache = _remembered(cache, torch.stack(inputs))
            likely.append(self.outputlayer(self.norm(tokens).mean(1)).sigmoid())
        return torch.stack(likely).mean(0), cache  # type: ignore[return-value]  # there is at least one piece

    def _tokens(self, mel: Tensor) -> Tensor:
        """Return (clips, tokens, width), frequency first, then time."""
        patches = self.patch_embed["proj"](self.init_bn(mel)[:, None])
        placed = patches + self.time_pos_embed[..., : patches.shape[3]] + self.freq_pos_embed
        return placed.flatten(2).transpose(1, 2)  # type: ignore[no-any-return]

    def _placed_again(self, first: Tensor) -> Tensor:
        """Add the positions to the first layer's cache once more, the latest times: as the network was trained."""
        grid = BINS // PATCH, PIECE // PATCH
        _, clips, tokens, width = first.shape
        image = first[0].transpose(1, 2).reshape(clips, width, grid[0], tokens // grid[0])
        placed = image + self.time_pos_embed[..., -image.shape[3] :] + self.freq_pos_embed
        return placed.flatten(2).transpose(1, 2)[None]


class Block(nn.Module):
    """A pre-norm transformer block whose tokens attend to themselves and to the cache."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width, eps=1e-6), nn.LayerNorm(width, eps=1e-6)
        self.attn = Attention(width)
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(width, hidden), "fc2": nn.Linear(hidden, width)})

    def forward(self, tokens: Tensor, cache: Tensor | None) -> Tensor:
        """Return tokens, (clips, tokens, width); `cache` is what this block took in before, of the same width."""
        normed = self.norm1(tokens)
        context = normed if cache is None else torch.cat([self.norm1(cache), normed], dim=1)
        tokens = tokens + self.attn(normed, context)
        hidden = nn.functional.gelu(self.mlp["fc1"](self.norm2(tokens)))
        return tokens + self.mlp["fc2"](hidden)  # type: ignore[no-any-return]


class Attention(nn.Module):
    """Attention of tokens to a context."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = max(1, width // _HEAD)
        self.to_q, self.to_kv = nn.Linear(width, width), nn.Linear(width, 2 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, tokens: Tensor, context: Tensor) -> Tensor:
        """Return (clips, tokens, width)."""
        key, value = self.to_kv(context).chunk(2, dim=2)
        query, key, value = (
            part.unflatten(2, (self.heads, -1)).transpose(1, 2) for part in (self.to_q(tokens), key, value)
        )
        mixed = nn.functional.scaled_dot_product_attention(query, key, value)
        return self.proj(mixed.transpose(1, 2).flatten(2))  # type: ignore[no-any-return]


def _remembered(cache: Cache | None, inputs: Tensor) -> Cache:
    """Return the latest tokens of each layer, as many as a piece has."""
    known = inputs if cache is None else torch.cat([cache, inputs], dim=2)
    return known[:, :, -(BINS // PATCH) * (PIECE // PATCH) :]


def _sizes(tensors: Mapping[str, Any], path: Path) -> SatSizes:
    try:
        width, depth = len(tensors["norm.weight"]), sum(key.endswith(".attn.proj.bias") for key in tensors)
        hidden, classes = len(tensors["blocks.0.mlp.fc1.bias"]), len(tensors["outputlayer.1.bias"])
    except (KeyError, TypeError) as error:
        raise ModelError(f"{path} is no SAT: it has no {error}") from error
    return SatSizes(width, depth, hidden, classes)


def _finite(clip: Array, rows: Array) -> Array | None:
    """Return the rows of a clip's own seconds; None where one, or the clip, is not finite."""
    likely = rows[: -(-len(clip) // RATE)]
    return likely if np.isfinite(clip).all() and np.isfinite(likely).all() else None
