"""Sentences as points, where texts that mean the same lie near each other.

Source: Reimers and Gurevych, Sentence-BERT, EMNLP 2019; any encoder in the layout of sentence-transformers.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

from audsem_data.core.errors import ModelError
from audsem_data.core.model import Device
from audsem_data.models.batches import by_length
from audsem_data.models.placement import place
from audsem_data.models.pretrained import load_pretrained

Array = np.ndarray[Any, Any]

POOLING = "1_Pooling/config.json"
_BATCH_TOKENS = 16_384
_AUTO = Device()


class SentenceEncoder:
    """Embeds texts; every embedding has length 1, the same, to 1e-5, whatever else is in the batch."""

    def __init__(self, folder: Path, device: Device = _AUTO, dtype: str = "float32", longest: int = 512) -> None:
        """Load a folder as published; raises ModelError.

        Args:
            folder: with the network, its tokenizer and, if it is not the mean of the tokens, how they are pooled.
            device: where it runs.
            dtype: of the weights.
            longest: most tokens of a text; what is longer is cut.
        """
        network = load_pretrained(AutoModel, folder)
        self._tokenizer = load_pretrained(AutoTokenizer, folder)
        self._first = _pools_first_token(folder / POOLING)
        self._longest = min(longest, network.config.max_position_embeddings)
        self.network = place(network, device, dtype)

    @torch.inference_mode()
    def __call__(self, texts: Sequence[str]) -> Array:
        """Return float32 rows of length 1, (texts, dimensions)."""
        tokens = [self._tokenizer(one, truncation=True, max_length=self._longest)["input_ids"] for one in texts]
        rows = np.zeros((len(texts), self.network.config.hidden_size), np.float32)
        for places in by_length([len(one) for one in tokens], _BATCH_TOKENS):
            padded = self._tokenizer.pad({"input_ids": [tokens[place] for place in places]}, return_tensors="pt")
            held = {name: padded[name].to(self.network.device) for name in ("input_ids", "attention_mask")}
            pooled = self._pool(self.network(**held).last_hidden_state.float(), held["attention_mask"])
            rows[places] = torch.nn.functional.normalize(pooled, dim=1).cpu().numpy()
        return rows

    def _pool(self, hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        if self._first:
            return hidden[:, 0]
        real = mask[..., None].to(hidden.dtype)
        return (hidden * real).sum(1) / real.sum(1)


def _pools_first_token(path: Path) -> bool:
    """Return whether an encoder takes its first token, rather than the mean; raises ModelError for other ways."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        ways = [name for name, is_on in said.items() if name.startswith("pooling_mode_") and is_on is True]
    except FileNotFoundError:
        return False
    except (OSError, ValueError, AttributeError) as error:
        raise ModelError(f"{path} is damaged: {error}") from error
    if ways == ["pooling_mode_cls_token"]:
        return True
    if ways in ([], ["pooling_mode_mean_tokens"]):
        return False
    raise ModelError(f"{path}: tokens are pooled by {', '.join(ways)}, which is not known here")
