"""CLIP, zero-shot: which of a list of categories a picture shows.

Source: Radford et al., Learning Transferable Visual Models From Natural Language Supervision, ICML 2021;
trained on LAION-2B as laion/CLIP-ViT-B-32-laion2B-s34B-b79K.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoTokenizer, CLIPModel

from audsem_data.core.model import Device
from audsem_data.models.blip import CLIP_DEVIATION, CLIP_MEAN
from audsem_data.models.frame_batches import Picture
from audsem_data.models.placement import place, torch_device
from audsem_data.models.preprocessing import Preprocessing, published_preprocessing
from audsem_data.models.pretrained import load_pretrained

Array = np.ndarray[Any, Any]

PREPROCESSING = Preprocessing(224, None, "bicubic", crop=224, mean=CLIP_MEAN, deviation=CLIP_DEVIATION)

_AUTO = Device()
_TEXTS = 256  # in a batch


class Clip:
    """The probabilities of categories in pictures of any size; the categories' texts are embedded once."""

    def __init__(self, folder: Path, texts: Sequence[str], device: Device = _AUTO, dtype: str = "float32") -> None:
        """Load a folder as published. Raises ModelError.

        Args:
            folder: of transformers' form.
            texts: what each category is called, in a sentence; more than 77 tokens are cut.
            device: where it runs.
            dtype: of the weights.
        """
        tokenizer = load_pretrained(AutoTokenizer, folder)
        self._prepare = published_preprocessing(folder, PREPROCESSING)
        self.device, self._dtype = torch_device(device), getattr(torch, dtype)
        self.network = place(load_pretrained(CLIPModel, folder), device, dtype)
        batches = [texts[begin : begin + _TEXTS] for begin in range(0, len(texts), _TEXTS)]
        self._texts = torch.cat([self._embed_texts(tokenizer, batch) for batch in batches])

    @torch.inference_mode()
    def __call__(self, pictures: Sequence[Picture]) -> Array:
        """Return float32 probabilities, (pictures, categories): the softmax over the scaled cosines."""
        prepared = self._prepare(pictures, self.device).to(self._dtype)
        seen = _unit(self.network.get_image_features(pixel_values=prepared))
        logits = self.network.logit_scale.float().exp() * seen @ self._texts.T
        return np.asarray(logits.softmax(-1).cpu().numpy())

    @torch.inference_mode()
    def _embed_texts(self, tokenizer: Any, texts: Sequence[str]) -> torch.Tensor:
        tokens = tokenizer(list(texts), padding=True, truncation=True, max_length=77, return_tensors="pt")
        named = {name: tokens[name].to(self.device) for name in ("input_ids", "attention_mask")}
        return _unit(self.network.get_text_features(**named))


def _unit(features: Any) -> torch.Tensor:
    """Return the projected features, float32, of length 1."""
    projected: torch.Tensor = features if isinstance(features, torch.Tensor) else features.pooler_output
    return torch.nn.functional.normalize(projected.float(), dim=-1)
