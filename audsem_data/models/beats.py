"""BEATs, fine-tuned on AudioSet: how likely each of the 527 sound classes is in a clip.

Source: Chen et al., BEATs: Audio Pre-Training with Acoustic Tokenizers, ICML 2023; the published checkpoint
BEATs_iter3_plus_AS2M_finetuned_on_AS2M_cpt1.pt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from audsem_data.core.errors import ModelError
from audsem_data.core.model import Device
from audsem_data.models.audioset import names_by_mid
from audsem_data.models.batches import in_flight
from audsem_data.models.beats_encoder import BeatsSizes, Encoder
from audsem_data.models.checkpoint import fill, read_checkpoint
from audsem_data.models.kaldi_fbank import BINS, FRAME, RATE, SHIFT, Fbank, frames_of
from audsem_data.models.placement import batch_samples, place, torch_device
from audsem_data.models.ragged import counts, padded

Array = np.ndarray[Any, Any]

_AUTO = Device()
_CHOICES = {
    "activation_fn": "gelu",
    "layer_norm_first": False,
    "deep_norm": True,
    "conv_bias": False,
    "relative_position_embedding": True,
    "gru_rel_pos": True,
    "finetuned_model": True,
}


class Beats:
    """The probabilities of AudioSet's classes in clips of 16 kHz.

    Loads the published checkpoint, or one of its layout: `cfg` (sizes), `model` (tensors) and `label_dict`
    (own class index -> AudioSet machine id).

    Raises:
        ModelError: the file is absent, damaged, wants code to run, or is not a fine-tuned BEATs.
    """

    def __init__(self, checkpoint: Path, device: Device = _AUTO, dtype: str = "float32") -> None:
        held = read_checkpoint(checkpoint)
        config, tensors, classes = (_table(held, name, checkpoint) for name in ("cfg", "model", "label_dict"))
        sizes = _sizes(config, checkpoint)
        network = BeatsNetwork(sizes)
        fill(network, tensors, checkpoint)
        self._order = _class_order(classes, sizes.predictor_class, checkpoint)
        self._shortest = FRAME + (sizes.input_patch_size - 1) * SHIFT
        self._device = torch_device(device)
        self.fbank = Fbank().to(self._device)
        self.network = place(network, device, dtype)

    def __call__(self, clips: Sequence[Array]) -> list[Array | None]:
        """Return one float32 array of 527 probabilities a clip, in the order of AudioSet's index.

        The same, to 1e-5 at float32, whatever else is in the batch. A clip shorter than one patch (175 ms) is
        followed by silence up to there, so that an empty clip is silence; a long one is taken whole.
        None for a clip whose samples or probabilities are not all finite.

        Args:
            clips: float32 mono samples in [-1, 1] at 16 kHz, (samples,).
        """
        filled = [np.pad(clip, (0, max(0, self._shortest - len(clip)))) for clip in clips]
        return in_flight(
            filled,
            batch_samples(self._device, RATE),
            lambda batch: self._run([filled[index] for index in batch]),
            lambda batch, likely: self._checked([filled[index] for index in batch], likely),
        )

    @torch.inference_mode()
    def _run(self, clips: list[Array]) -> Tensor:
        frames = counts([frames_of(len(clip)) for clip in clips], self._device)
        logits: Tensor = self.network(self.fbank(padded(clips, self._device)), frames)
        return logits.float().sigmoid()

    def _checked(self, clips: list[Array], likely: Tensor) -> list[Array | None]:
        return [
            row if np.isfinite(clip).all() and np.isfinite(row).all() else None
            for clip, row in zip(clips, likely.cpu().numpy()[:, self._order], strict=True)
        ]


class BeatsNetwork(nn.Module):
    """The network: patches of a spectrogram, the encoder, and a linear head on the mean of its tokens."""

    def __init__(self, sizes: BeatsSizes) -> None:
        super().__init__()
        patch, embedded, width = sizes.input_patch_size, sizes.embed_dim, sizes.encoder_embed_dim
        self.patch_embedding = nn.Conv2d(1, embedded, patch, stride=patch, bias=False)
        self.layer_norm = nn.LayerNorm(embedded)
        self.post_extract_proj = nn.Linear(embedded, width)
        self.encoder = Encoder(sizes)
        self.predictor = nn.Linear(width, sizes.predictor_class)

    def forward(self, features: Tensor, frames: Tensor) -> Tensor:
        """Return the logits, (clips, classes), of features padded at the end, (clips, most frames, 128).

        `frames` is how many of them each clip has; those after the last whole patch do not count.
        """
        tokens, padding = self.encode(features, frames)
        means = tokens.float().masked_fill(padding[..., None], 0.0).sum(1) / (~padding).sum(1, keepdim=True)
        logits: Tensor = self.predictor(means.to(tokens.dtype))
        return logits

    def encode(self, features: Tensor, frames: Tensor) -> tuple[Tensor, Tensor]:
        """Return the encoded tokens, (clips, tokens, width), and which of them are padding, (clips, tokens).

        A token is a patch of 16 frames by 16 bins; the bins of a time stand together.
        """
        patch = self.patch_embedding.kernel_size[0]
        patches = self.patch_embedding(features[:, None].to(self.patch_embedding.weight.dtype))
        tokens = self.post_extract_proj(self.layer_norm(patches.flatten(2).mT))
        counts = frames // patch * (BINS // patch)
        padding = torch.arange(tokens.shape[1], device=tokens.device) >= counts[:, None]
        return self.encoder(tokens, padding), padding


def _table(held: Mapping[str, Any], name: str, path: Path) -> dict[Any, Any]:
    found = held.get(name)
    if not isinstance(found, dict):
        raise ModelError(f"{path} has no table {name!r}: it is not a fine-tuned BEATs checkpoint")
    return found


def _sizes(config: Mapping[str, Any], path: Path) -> BeatsSizes:
    """Return the sizes that a checkpoint's `cfg` says; what it leaves out is as published."""
    for name, choice in _CHOICES.items():
        if config.get(name, choice) != choice:
            raise ModelError(f"{path} has {name} = {config[name]!r}; only {choice!r}, as published, is known")
    said = {field.name: config[field.name] for field in fields(BeatsSizes) if field.name in config}
    for name, size in said.items():
        if not isinstance(size, int) or size < 1:
            raise ModelError(f"{path} has {name} = {size!r}, which is no size")
    return BeatsSizes(**said)


def _class_order(classes: Mapping[Any, Any], count: int, path: Path) -> list[int]:
    """Return the checkpoint's own index of every class, in the order of AudioSet's index."""
    own = {str(mid): index for index, mid in classes.items()}
    if unknown := sorted(own.keys() - names_by_mid().keys()):
        raise ModelError(f"{path} names the class {unknown[0]}, which AudioSet has not")
    if len(own) != len(names_by_mid()) or set(classes) != set(range(count)):
        raise ModelError(f"{path} does not name each of the {len(names_by_mid())} classes of AudioSet once")
    return [own[mid] for mid in names_by_mid()]
