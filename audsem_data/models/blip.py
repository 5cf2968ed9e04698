"""BLIP: a caption of a picture, by beam search.

Source: Li et al., BLIP: Bootstrapping Language-Image Pre-training, ICML 2022;
Salesforce/blip-image-captioning-large.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import AutoTokenizer, BlipForConditionalGeneration

from audsem_data.core.model import Device
from audsem_data.models.frame_batches import Picture
from audsem_data.models.placement import place, torch_device
from audsem_data.models.preprocessing import Preprocessing, published_preprocessing
from audsem_data.models.pretrained import load_pretrained

CLIP_MEAN, CLIP_DEVIATION = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
PREPROCESSING = Preprocessing(384, 384, "bicubic", mean=CLIP_MEAN, deviation=CLIP_DEVIATION)

_AUTO = Device()


class Blip:
    """Captions pictures of any size; nothing is sampled."""

    def __init__(
        self, folder: Path, device: Device = _AUTO, dtype: str = "float32", beams: int = 4, tokens: int = 20
    ) -> None:
        """Load a folder as published; raises ModelError."""
        network = load_pretrained(BlipForConditionalGeneration, folder)
        self._tokenizer = load_pretrained(AutoTokenizer, folder)
        self._prepare = published_preprocessing(folder, PREPROCESSING)
        self._search = {"num_beams": beams, "max_length": tokens, "do_sample": False}
        self.device, self._dtype = torch_device(device), getattr(torch, dtype)
        self.network = place(network, device, dtype)

    @torch.inference_mode()
    def __call__(self, pictures: Sequence[Picture]) -> list[str]:
        """Return one caption a picture, the same whatever else is in the batch; it may be empty."""
        prepared = self._prepare(pictures, self.device).to(self._dtype)
        tokens = self.network.generate(pixel_values=prepared, **self._search)
        texts = self._tokenizer.batch_decode(tokens, skip_special_tokens=True)
        return [" ".join(text.split()) for text in texts]
