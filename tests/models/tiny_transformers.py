"""Tiny random models of transformers' own architectures, saved as the published ones are."""

from pathlib import Path

import torch
from transformers import (
    ASTConfig,
    ASTForAudioClassification,
    ClapConfig,
    ClapFeatureExtractor,
    ClapModel,
)

from audsem_data.models.audioset import labels

from .tiny_chat import save_byte_tokenizer


def save_ast(folder: Path, names: tuple[str, ...] | None = None) -> Path:
    """Save an AST of two layers; return the folder."""
    named = dict(enumerate(names or labels()))
    torch.manual_seed(1)
    config = ASTConfig(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=48,
        id2label=named,
        label2id={name: index for index, name in named.items()},
    )
    ASTForAudioClassification(config).save_pretrained(folder)
    return folder


def save_clap(folder: Path) -> Path:
    """Save a CLAP of four small stages with a tokenizer of single bytes; return the folder."""
    size = save_byte_tokenizer(folder)
    torch.manual_seed(2)
    text = {
        "vocab_size": size,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 64,
        "pad_token_id": 1,
        "bos_token_id": 0,
        "eos_token_id": 2,
    }
    audio = {
        "patch_embeds_hidden_size": 16,
        "hidden_size": 128,
        "depths": [1, 1, 1, 1],
        "num_attention_heads": [2, 2, 2, 2],
        "enable_fusion": False,
        "enable_patch_layer_norm": True,
    }
    ClapModel(ClapConfig(text_config=text, audio_config=audio, projection_dim=512)).save_pretrained(folder)
    ClapFeatureExtractor(truncation="rand_trunc").save_pretrained(folder)
    return folder
