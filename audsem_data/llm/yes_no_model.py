"""Yes or no from a causal language model of transformers, by the probabilities of its next token."""

from collections.abc import Sequence
from functools import cached_property, partial
from math import isfinite
from pathlib import Path

import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer

from audsem_data.core.model import Device
from audsem_data.llm.yes_no import answer_of
from audsem_data.models.batches import by_length
from audsem_data.models.placement import place
from audsem_data.models.pretrained import load_pretrained

_BATCH_TOKENS = 16_384
Chat = Sequence[dict[str, str]]


class YesNoModel:
    """Says how likely yes is, of yes and no; the answer to one chat does not depend on the others."""

    def __init__(self, folder: Path, device: Device | None = None, dtype: str = "float32") -> None:
        """Load a chat model; raises ModelError."""
        self.tokenizer = load_pretrained(AutoTokenizer, folder)
        self.network = place(load_pretrained(AutoModelForCausalLM, folder), device or Device(), dtype)

    def __call__(self, chats: Sequence[Chat]) -> list[float | None]:
        """Return the share of yes for each chat; None where the numbers are not finite."""
        template = partial(self.tokenizer.apply_chat_template, add_generation_prompt=True, return_dict=True)
        tokens = [template(list(chat))["input_ids"] for chat in chats]
        shares: list[float | None] = [None] * len(chats)
        for batch in by_length([len(one) for one in tokens], _BATCH_TOKENS):
            for index, share in zip(batch, self._shares([tokens[index] for index in batch]), strict=True):
                shares[index] = share if isfinite(share) else None
        return shares

    def _shares(self, tokens: Sequence[Sequence[int]]) -> list[float]:
        """Run a batch, padded on the left: the last position is every chat's own."""
        longest = max(len(one) for one in tokens)
        padded = torch.zeros((len(tokens), longest), dtype=torch.long)
        mask = torch.zeros_like(padded)
        for row, one in enumerate(tokens):
            padded[row, longest - len(one) :] = torch.tensor(one)
            mask[row, longest - len(one) :] = 1
        places = (mask.cumsum(1) - 1).clamp(min=0)
        on = self.network.device
        with torch.inference_mode():
            found = self.network(
                input_ids=padded.to(on), attention_mask=mask.to(on), position_ids=places.to(on), logits_to_keep=1
            )
        logits = found.logits[:, -1].float()
        yes, no = (torch.logsumexp(logits[:, ids.to(on)], dim=1) for ids in self._spellings)
        return [float(share) for share in torch.sigmoid(yes - no)]

    @cached_property
    def _spellings(self) -> tuple[Tensor, Tensor]:
        """The ids of every token that spells yes, and no."""
        found: dict[str, list[int]] = {"yes": [], "no": []}
        for index in range(len(self.tokenizer)):
            if answer := answer_of(self.tokenizer.decode([index])):
                found[answer].append(index)
        return torch.tensor(found["yes"]), torch.tensor(found["no"])
