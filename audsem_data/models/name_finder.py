"""Finds the names of people in captions by a token classifier (NER), word by word.

Source: Tjong Kim Sang and De Meulder, CoNLL-2003 (the labels); model card of dslim/bert-base-NER.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import AutoModelForTokenClassification, AutoTokenizer

from audsem_data.core.errors import ModelError
from audsem_data.core.model import Device
from audsem_data.models.batches import by_length
from audsem_data.models.placement import place
from audsem_data.models.pretrained import load_pretrained

_LONGEST = 128  # tokens; captions are shorter
_BATCH_TOKENS = 8192
_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
_POSSESSIVE = re.compile(r"'s?$", re.IGNORECASE)

Span = tuple[int, int]


class NameFinder:
    """Says where people are named; what it finds in a text does not depend on the others given with it."""

    def __init__(self, folder: Path, device: Device | None = None, dtype: str = "float32") -> None:
        """Load a token classifier whose labels know persons (PER); raises ModelError that names the folder."""
        model = load_pretrained(AutoModelForTokenClassification, folder)
        self._tokenizer = load_pretrained(AutoTokenizer, folder)
        labels = model.config.id2label
        self._person = {
            int(number) for number, label in labels.items() if label.rpartition("-")[2].startswith("PER")
        }
        if not self._person:
            raise ModelError(f"{folder} finds no persons: its labels are {sorted(labels.values())}")
        self.network = place(model, device or Device(), dtype)

    def __call__(self, texts: Sequence[str]) -> list[list[Span]]:
        """Return the names in each text as [begin, end) in characters; words that follow each other are one name.

        A word is a name where its first token is labelled so. Text in capitals is read as if written in title case,
        for the model tells names by theirs.
        """
        words = [[match.span() for match in _WORD.finditer(text)] for text in texts]
        read = [text.title() if text.isupper() else text for text in texts]
        tokens = [
            self._tokenizer(
                [text[begin:end] for begin, end in spans],
                is_split_into_words=True,
                truncation=True,
                max_length=_LONGEST,
            )
            for text, spans in zip(read, words, strict=True)
        ]
        found: list[list[Span]] = [[] for _ in texts]
        for batch in by_length([len(one["input_ids"]) for one in tokens], _BATCH_TOKENS):
            padded = self._tokenizer.pad(
                {"input_ids": [tokens[index]["input_ids"] for index in batch]}, return_tensors="pt"
            )
            with torch.inference_mode():
                labels = self.network(**padded.to(self.network.device)).logits.argmax(dim=-1).tolist()
            for index, of_tokens in zip(batch, labels, strict=True):
                named = self._named(tokens[index].word_ids(), of_tokens)
                found[index] = _joined(texts[index], words[index], named)
        return found

    def _named(self, word_of: Sequence[int | None], labels: Sequence[int]) -> set[int]:
        """Return the words whose first token is labelled as a person."""
        first: dict[int, int] = {}
        for word, label in zip(word_of, labels, strict=False):
            if word is not None:
                first.setdefault(word, label)
        return {word for word, label in first.items() if label in self._person}


def _is_person(label: str) -> bool:
    return label.rpartition("-")[2].startswith("PER")


def _joined(text: str, words: Sequence[Span], named: set[int]) -> list[Span]:
    """Return the named words, those with only spaces between them as one; a possessive s is left outside."""
    spans: list[Span] = []
    for word in sorted(named):
        begin, end = words[word]
        if spans and word - 1 in named and not text[spans[-1][1] : begin].strip():
            begin = spans.pop()[0]
        spans.append((begin, end))
    return [(begin, begin + len(_POSSESSIVE.sub("", text[begin:end]))) for begin, end in spans]
