"""A tiny random BERT with a word-piece vocabulary of its own, saved as the real one is."""

import re
import string
from collections.abc import Iterable
from pathlib import Path

import torch
from transformers import BertConfig, BertForMaskedLM, BertTokenizer


def save_bert(folder: Path, texts: Iterable[str], size: int = 48) -> Path:
    """Save a BERT of two layers whose vocabulary covers the texts; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    words = sorted({word for text in texts for word in re.findall(r"[a-z]+|[^a-z\s]", text.lower())})
    letters = [*string.ascii_lowercase, *(f"##{letter}" for letter in string.ascii_lowercase)]
    names = dict.fromkeys(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *words])
    (folder / "vocab.txt").write_text("\n".join(names), encoding="utf-8")
    tokenizer = BertTokenizer(str(folder / "vocab.txt"), do_lower_case=True)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=size,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=2 * size,
        max_position_embeddings=160,
    )
    BertForMaskedLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
