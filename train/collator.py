"""Batches to learn from: sound, question and completion as tokens, of which only the completion is learned."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from audsem_data.train.conversations import prompt_of, sound_of
from audsem_data.train.sounds_and_texts import SoundsAndTexts
from audsem_data.train.training_text import completion_of

IGNORED = -100


class Collator:
    """Makes a batch of dataset rows; prompt and completion are tokenized apart, so that no token spans both."""

    def __init__(self, inputs: SoundsAndTexts) -> None:
        """Set what makes the model's inputs."""
        self._inputs = inputs

    def __call__(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, torch.Tensor]:
        """Return input_ids, attention_mask, labels, (rows, tokens), and the features of the sounds."""
        inputs, tokenizer = self._inputs, self._inputs.tokenizer
        prompts, features = inputs([prompt_of(row) for row in rows], [sound_of(row, inputs.rate) for row in rows])
        written = [completion_of(row) + inputs.end for row in rows]
        completions = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in written]
        pairs = list(zip(prompts, completions, strict=True))
        whole = [[*prompt, *completion] for prompt, completion in pairs]
        return {
            "input_ids": _padded(whole, tokenizer.pad_token_id),
            "attention_mask": _padded([[1] * len(one) for one in whole], 0),
            "labels": _padded([[*[IGNORED] * len(prompt), *completion] for prompt, completion in pairs], IGNORED),
            **features,
        }


def _padded(rows: Sequence[Sequence[int]], value: int) -> torch.Tensor:
    longest = max(len(row) for row in rows)
    return torch.from_numpy(np.array([[*row, *[value] * (longest - len(row))] for row in rows], np.int64))
