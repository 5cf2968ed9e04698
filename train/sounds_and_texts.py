"""Prompts with sound as a model takes them: tokens, with as many places as the sound has frames, and its features.

The processors of the published models do the same, and load image and video processors beside, which need packages
that nothing here does. Source: transformers, Qwen2AudioProcessor and Qwen2_5OmniProcessor.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from transformers import AutoFeatureExtractor, AutoTokenizer
from transformers.utils.hub import cached_file

from audsem_data.core.errors import ModelError

Samples = np.ndarray[Any, Any]
FEATURES = ("input_features", "feature_attention_mask")
_PLACE = "<|AUDIO|>"


class Heard(NamedTuple):
    """Prompts without padding, and the features of all their sounds, by the names that models take them under."""

    ids: list[list[int]]
    features: dict[str, torch.Tensor]


class SoundsAndTexts:
    """Makes prompts for one model."""

    def __init__(self, model: str, revision: str | None = None) -> None:
        """Load the feature extractor, tokenizer and chat template of a folder or Hub name; raises ModelError."""
        where: dict[str, Any] = {"revision": revision} if revision else {}
        self.extractor: Any = AutoFeatureExtractor.from_pretrained(model, **where)  # type: ignore[no-untyped-call]
        self.tokenizer: Any = AutoTokenizer.from_pretrained(model, **where)
        self.tokenizer.chat_template = _template(model, where) or self.tokenizer.chat_template
        if not self.tokenizer.chat_template:
            raise ModelError(f"{model} has no chat template")

    @property
    def rate(self) -> int:
        """Hertz of the sound that the model takes."""
        return int(self.extractor.sampling_rate)

    @property
    def end(self) -> str:
        """The token that ends a turn."""
        return str(self.tokenizer.eos_token)

    def __call__(self, prompts: Sequence[Sequence[Mapping[str, Any]]], sounds: Sequence[Samples]) -> Heard:
        """Return prompts and features; every prompt has one sound.

        Args:
            prompts: messages; the sound is where `{"type": "audio"}` stands.
            sounds: float32 mono samples at `rate`; what is beyond the model's window is not heard.
        """
        held = self.extractor(
            list(sounds),
            sampling_rate=self.rate,
            padding="max_length",
            return_attention_mask=True,
            return_tensors="pt",
        )
        mask = held["attention_mask"]
        texts = [
            self.tokenizer.apply_chat_template(list(one), tokenize=False, add_generation_prompt=True)
            for one in prompts
        ]
        filled = [
            text.replace(_PLACE, _PLACE * _places(int(frames)), 1)
            for text, frames in zip(texts, mask.sum(1), strict=True)
        ]
        ids = [self.tokenizer(text, add_special_tokens=False)["input_ids"] for text in filled]
        return Heard(ids, dict(zip(FEATURES, (held["input_features"], mask), strict=True)))

    def save(self, folder: Path) -> None:
        """Write what this was loaded from beside a model."""
        self.extractor.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)


def _places(frames: int) -> int:
    """Return how many tokens a sound of so many feature frames takes: two halvings, by convolution and pooling."""
    return ((frames - 1) // 2 + 1 - 2) // 2 + 1


def _template(model: str, where: Mapping[str, Any]) -> str | None:
    """Return the chat template that a processor has beside its tokenizer's; None where it has none."""
    quiet: dict[str, Any] = {"_raise_exceptions_for_missing_entries": False, **where}
    if path := cached_file(model, "chat_template.jinja", **quiet):
        return Path(path).read_text(encoding="utf-8")
    if path := cached_file(model, "chat_template.json", **quiet):
        return str(json.loads(Path(path).read_text(encoding="utf-8"))["chat_template"])
    return None
