"""CLIP by the open_clip_torch package, from a checkpoint of its own form.

Source: Ilharco et al., OpenCLIP, 2021; github.com/mlfoundations/open_clip.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from audsem_data.core.errors import ModelError
from audsem_data.core.model import Device
from audsem_data.models.checkpoint import fill, read_checkpoint
from audsem_data.models.clip import PREPROCESSING
from audsem_data.models.frame_batches import Picture
from audsem_data.models.placement import place, torch_device

Array = np.ndarray[Any, Any]

_AUTO = Device()
_TEXTS = 256  # in a batch


class OpenClip:
    """The probabilities of categories in pictures of any size; the categories' texts are embedded once."""

    def __init__(self, path: Path, architecture: str, texts: Sequence[str], device: Device = _AUTO) -> None:
        """Load a checkpoint file of one of the package's architectures; raises ModelError."""
        try:
            import open_clip  # noqa: PLC0415  (an extra)
        except ImportError as error:
            raise ModelError(
                f"open_clip cannot be imported ({error}); pip install 'audsem-data[open-clip]'"
            ) from error
        if architecture not in open_clip.list_models():
            raise ModelError(f"open_clip knows no architecture {architecture!r}")
        network = open_clip.create_model(architecture, pretrained=None)
        held = read_checkpoint(path)
        fill(network, held.get("state_dict", held), path, lambda key: key.endswith("position_ids"))
        self.device = torch_device(device)
        self.network = place(network, device)
        tokenize = open_clip.get_tokenizer(architecture)
        batches = [texts[begin : begin + _TEXTS] for begin in range(0, len(texts), _TEXTS)]
        with torch.inference_mode():
            embedded = [
                network.encode_text(tokenize(list(batch)).to(self.device), normalize=True) for batch in batches
            ]
        self._texts = torch.cat(embedded)

    @torch.inference_mode()
    def __call__(self, pictures: Sequence[Picture]) -> Array:
        """Return float32 probabilities, (pictures, categories): the softmax over the scaled cosines."""
        seen = self.network.encode_image(PREPROCESSING(pictures, self.device), normalize=True)
        logits = self.network.logit_scale.exp() * seen @ self._texts.T
        return np.asarray(logits.softmax(-1).cpu().numpy())
