"""CoNeTTE: a sentence about a clip, in the manner of one of the datasets that it learned from.

Source: Labbé et al., CoNeTTE: An Efficient Audio Captioning System Leveraging Multiple Datasets with Task
Embedding, 2023; Labbeti/conette.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from audsem_data.core.errors import ModelError
from audsem_data.core.model import Device
from audsem_data.models.checkpoint import fill, read_checkpoint
from audsem_data.models.conette_decoder import Captioner, DecoderSizes, Search
from audsem_data.models.conette_encoder import RATE, ConvNext, EncoderSizes, MelDecibels
from audsem_data.models.conette_tokenizer import Vocabulary, read_vocabulary, unpickle_plain
from audsem_data.models.placement import batch_samples, place, torch_device
from audsem_data.models.ragged import padded

Array = np.ndarray[Any, Any]

_SHORTEST = 7_680  # samples: below, nothing is left after the encoder's halvings
_FRONT_END = ("preprocessor.encoder.spectrogram_extractor.", "preprocessor.encoder.logmel_extractor.")
_STATE, _ONCE, _TASKS = "_extra_state_", "model.forbid_rep_mask", "model.task_id_to_token_id"
_AUTO = Device()


class AudioCaption(NamedTuple):
    """A caption and the average log-probability of its tokens."""

    caption: str
    score: float


class Conette:
    """Captions clips of 32 kHz by beam search; no content word comes twice, as published."""

    def __init__(
        self, folder: Path, device: Device = _AUTO, dtype: str = "float32", task: str = "clotho", beams: int = 3
    ) -> None:
        """Load a folder with config.json and the weights (.safetensors or .bin); raises ModelError."""
        path = _weights(folder)
        tensors = _renamed(read_checkpoint(path))
        self.vocabulary = _vocabulary(folder, tensors, path)
        once = tensors.pop(_ONCE, None)
        if not isinstance(once, Tensor) or len(once) != len(self.vocabulary.words):
            raise ModelError(f"{path} does not say which words may come once ({_ONCE}) of its vocabulary")
        for name in (_STATE, _TASKS):
            tensors.pop(name, None)
        network = ConetteNetwork(*_sizes(tensors, path))
        fill(network, tensors, path, harmless=lambda key: key.startswith(_FRONT_END))
        self._device = torch_device(device)
        self._once = once.bool().to(self._device)
        self._task, self._search = self.vocabulary.task(task), Search(beams=beams, end=self.vocabulary.end)
        self.front_end = MelDecibels().to(self._device)
        self.network = place(network, device, dtype)

    def __call__(self, clips: Sequence[Array]) -> list[AudioCaption | None]:
        """Return a caption a clip: the same words, whatever else is in the batch.

        The encoder hears padding, so only clips of the same length share a batch. A clip below 0.24 s is followed
        by silence up to there, a long one taken whole. None for a clip whose samples or embeddings are not finite.

        Args:
            clips: float32 mono samples in [-1, 1] at 32 kHz, (samples,).
        """
        filled = [np.pad(clip, (0, max(0, _SHORTEST - len(clip)))) for clip in clips]
        alike: dict[int, list[int]] = {}
        for index, clip in enumerate(filled):
            alike.setdefault(len(clip), []).append(index)
        results: list[AudioCaption | None] = [None] * len(clips)
        for length, indices in alike.items():
            size = max(1, batch_samples(self._device, RATE) // length)
            for begin in range(0, len(indices), size):
                batch = indices[begin : begin + size]
                for index, caption in zip(batch, self._run([filled[index] for index in batch]), strict=True):
                    results[index] = caption
        return results

    @torch.inference_mode()
    def _run(self, clips: Sequence[Array]) -> list[AudioCaption | None]:
        samples = padded(clips, self._device)
        frames = self.network.hear(self.front_end(samples).to(self.network.dtype))
        memory = self.network.model.project(frames)
        finite = memory.isfinite().flatten(1).all(1).tolist()
        heard = [bool(np.isfinite(clip).all()) and fine for clip, fine in zip(clips, finite, strict=True)]
        return [self._say(memory[row : row + 1]) if heard[row] else None for row in range(len(clips))]

    def _say(self, memory: Tensor) -> AudioCaption:
        best = self.network.model.search(memory, self._task, self._once, self._search)[0]
        return AudioCaption(self.vocabulary.text(best.ids), best.score)


class ConetteNetwork(nn.Module):
    """Encoder and captioner, under the names of the published weights."""

    def __init__(self, encoder: EncoderSizes, decoder: DecoderSizes) -> None:
        super().__init__()
        self.preprocessor = nn.ModuleDict({"encoder": ConvNext(encoder)})
        self.model = Captioner(decoder)

    @property
    def dtype(self) -> torch.dtype:
        """What the weights are."""
        return self.model.decoder.classifier.weight.dtype

    @property
    def encoder(self) -> ConvNext:
        """What hears."""
        encoder = self.preprocessor["encoder"]
        assert isinstance(encoder, ConvNext)
        return encoder

    def hear(self, mel: Tensor) -> Tensor:
        """Return frame embeddings, (clips, width, frames)."""
        return self.encoder(mel)  # type: ignore[no-any-return]


def _weights(folder: Path) -> Path:
    for name in ("model.safetensors", "pytorch_model.bin"):
        if (folder / name).is_file():
            return folder / name
    raise ModelError(f"{folder} holds neither model.safetensors nor pytorch_model.bin")


def _renamed(tensors: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tensors; files of older encoders call the layers' scale `gamma`."""
    return {re.sub(r"\.gamma$", ".scale_layer", key): value for key, value in tensors.items()}


def _vocabulary(folder: Path, tensors: Mapping[str, Any], path: Path) -> Vocabulary:
    config = folder / "config.json"
    try:
        state = json.loads(config.read_text(encoding="utf-8")).get("tokenizer_state")
    except (OSError, ValueError, AttributeError) as error:
        raise ModelError(f"{config} cannot be read ({error}); fetch the model again") from error
    if state:
        return read_vocabulary(state, config)
    held = tensors.get(_STATE)
    if not isinstance(held, Tensor) or held.dtype != torch.uint8:
        raise ModelError(f"neither {config} nor {path} holds the tokenizer's state")
    return read_vocabulary(unpickle_plain(held.numpy().tobytes(), path), path)


def _sizes(tensors: Mapping[str, Any], path: Path) -> tuple[EncoderSizes, DecoderSizes]:
    """Return the sizes that the tensors have."""
    encoder = "preprocessor.encoder"
    try:
        widths = tuple(len(tensors[f"{encoder}.stages.{stage}.0.scale_layer"]) for stage in range(4))
        depths = tuple(
            sum(key.startswith(f"{encoder}.stages.{stage}.") and key.endswith(".scale_layer") for key in tensors)
            for stage in range(4)
        )
        words, width = tensors["model.decoder.emb_layer.weight"].shape
        layers = sum(key.endswith(".linear1.bias") for key in tensors)
        hidden = len(tensors["model.decoder.layers.0.linear1.bias"])
        classes = len(tensors[f"{encoder}.head_audioset.bias"])
    except (KeyError, AttributeError, TypeError, ValueError) as error:
        raise ModelError(f"{path} is no CoNeTTE: it has no {error}") from error
    heads = DecoderSizes.heads if width % DecoderSizes.heads == 0 else 1
    return EncoderSizes(depths, widths, classes), DecoderSizes(words, widths[-1], width, heads, layers, hidden)
