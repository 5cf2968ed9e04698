"""CLAP: sounds and texts as points of one space, where a sound lies near what describes it.

Source: Wu et al., Large-scale Contrastive Language-Audio Pretraining, ICASSP 2023; laion/larger_clap_general.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoTokenizer, ClapFeatureExtractor, ClapModel

from audsem_data.core.model import Device
from audsem_data.models.batches import by_length
from audsem_data.models.clap_front_end import ClapFrontEnd
from audsem_data.models.placement import batch_samples, place, torch_device
from audsem_data.models.pretrained import load_pretrained
from audsem_data.models.ragged import padded

Array = np.ndarray[Any, Any]

RATE = 48_000
WINDOW = 10 * RATE  # samples
_BATCH_TOKENS = 16_384
_AUTO = Device()


class Clap:
    """Embeds clips of 48 kHz, and texts; every embedding has length 1.

    Nothing is random, unlike the published feature extractor, which crops long clips anywhere: a clip of up to
    10 s is repeated to fill them, a longer one cut into consecutive windows of 10 s, the last one aligned to its
    end, whose embeddings are averaged.
    """

    def __init__(self, folder: Path, device: Device = _AUTO, dtype: str = "float32") -> None:
        """Load a folder as published; raises ModelError."""
        self._device, self._dtype = torch_device(device), getattr(torch, dtype)
        self.front_end = ClapFrontEnd(load_pretrained(ClapFeatureExtractor, folder)).to(self._device)
        self._tokenizer = load_pretrained(AutoTokenizer, folder)
        self.network = place(load_pretrained(ClapModel, folder), device, dtype)

    def embed_audio(self, clips: Sequence[Array]) -> list[Array | None]:
        """Return one float32 array of length 1 a clip, the same, to 1e-5, whatever else is in the batch.

        None for an empty clip, and for one whose samples or embedding are not all finite.

        Args:
            clips: float32 mono samples in [-1, 1] at 48 kHz, (samples,).
        """
        windows = [windows_of(clip) for clip in clips]
        embedded = self._embed([window for of_clip in windows for window in of_clip])
        results: list[Array | None] = []
        for clip, of_clip in zip(clips, windows, strict=True):
            rows, embedded = embedded[: len(of_clip)], embedded[len(of_clip) :]
            results.append(unit(rows.mean(0)) if len(rows) and np.isfinite(clip).all() else None)
        return results

    @torch.inference_mode()
    def embed_text(self, texts: Sequence[str]) -> list[Array | None]:
        """Return one float32 array of length 1 a text; None for one without tokens, or that is not finite.

        Texts of more than 77 tokens are cut.
        """
        tokens = [self._tokenizer(text, truncation=True, max_length=77)["input_ids"] for text in texts]
        results: list[Array | None] = [None] * len(texts)
        said = [index for index, one in enumerate(tokens) if one]
        for places in by_length([len(tokens[index]) for index in said], _BATCH_TOKENS):
            batch = [said[place] for place in places]
            padded = self._tokenizer.pad({"input_ids": [tokens[index] for index in batch]}, return_tensors="pt")
            named = {name: padded[name].to(self._device) for name in ("input_ids", "attention_mask")}
            rows = _projected(self.network.get_text_features(**named)).cpu().numpy()
            for index, row in zip(batch, rows, strict=True):
                results[index] = unit(row)
        return results

    @torch.inference_mode()
    def _embed(self, windows: Sequence[Array]) -> Array:
        size = max(1, batch_samples(self._device, RATE) // WINDOW)
        found = []
        for begin in range(0, len(windows), size):
            samples = padded(windows[begin : begin + size], self._device)
            features = self.front_end(samples).to(self._dtype)
            alike = torch.zeros(len(samples), 1, dtype=torch.bool, device=self._device)  # none is longer than 10 s
            found.append(_projected(self.network.get_audio_features(input_features=features, is_longer=alike)))
        return torch.cat(found).cpu().numpy() if found else np.zeros((0, 0), np.float32)


def windows_of(clip: Array) -> list[Array]:
    """Return windows of exactly 10 s; none for an empty clip."""
    if not len(clip):
        return []
    if len(clip) <= WINDOW:
        whole = np.tile(clip, WINDOW // len(clip))
        return [np.pad(whole, (0, WINDOW - len(whole)))]
    begins = [min(begin, len(clip) - WINDOW) for begin in range(0, len(clip), WINDOW)]
    return [clip[begin : begin + WINDOW] for begin in begins]


def _projected(features: Any) -> torch.Tensor:
    """Return the projected features, float32, of either form that transformers gives them in."""
    tensor: torch.Tensor = features if isinstance(features, torch.Tensor) else features.pooler_output
    return tensor.float()


def unit(row: Array) -> Array | None:
    """Return a vector scaled to length 1; None where it has no direction, or is not finite."""
    length = float(np.linalg.norm(row))
    return (row / length).astype(np.float32) if np.isfinite(length) and length > 0 else None
