"""Tiny random vision models of transformers' own architectures, saved as the published ones are."""

import json
from pathlib import Path
from typing import Any

import torch
from tokenizers.processors import TemplateProcessing
from transformers import (
    AutoTokenizer,
    BlipConfig,
    BlipForConditionalGeneration,
    CLIPConfig,
    CLIPModel,
    LlavaOnevisionConfig,
    LlavaOnevisionForConditionalGeneration,
    RTDetrConfig,
    RTDetrForObjectDetection,
    RTDetrResNetConfig,
)
from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.rt_detr.image_processing_pil_rt_detr import RTDetrImageProcessorPil

from .tiny_chat import save_byte_tokenizer, save_chat_model

_SIGHT = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "image_size": 32,
    "patch_size": 8,
}
_TEXT = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}


def save_blip(folder: Path) -> Path:
    """Save a BLIP of two layers with a tokenizer of single bytes; return the folder."""
    size = save_byte_tokenizer(folder)
    torch.manual_seed(4)
    special = {"bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2, "sep_token_id": 2}
    text = {**_TEXT, **special, "vocab_size": size, "encoder_hidden_size": 32}
    config = BlipConfig(text_config=text, vision_config=_SIGHT, projection_dim=16, image_text_hidden_size=16)
    model = BlipForConditionalGeneration(config)
    _make_sensitive(model)
    model.save_pretrained(folder)
    BlipImageProcessorPil(size={"height": 32, "width": 32}).save_pretrained(folder)
    return folder


def save_clip(folder: Path) -> Path:
    """Save a CLIP of two layers with a tokenizer of single bytes; return the folder.

    As in the published one, a text ends with the token of the highest number, where CLIP reads its meaning off.
    """
    save_byte_tokenizer(folder)
    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_special_tokens({"eos_token": "<|endoftext|>"})
    end = tokenizer.eos_token
    named = (end, tokenizer.eos_token_id)
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(f"$A {end}", None, [named])
    tokenizer.save_pretrained(folder)
    size = len(tokenizer)
    torch.manual_seed(5)
    special = {"bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2}
    text = {**_TEXT, **special, "vocab_size": size, "max_position_embeddings": 77}
    model = CLIPModel(CLIPConfig(text_config=text, vision_config=_SIGHT, projection_dim=16))
    _make_sensitive(model)
    model.save_pretrained(folder)
    crop = {"height": 32, "width": 32}
    CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size=crop).save_pretrained(folder)
    return folder


def save_rt_detr(folder: Path) -> Path:
    """Save an RT-DETR of one layer a stage, 30 queries and COCO's number of classes; return the folder."""
    torch.manual_seed(6)
    backbone = RTDetrResNetConfig(  # type: ignore[call-arg]
        embedding_size=8,
        hidden_sizes=[8, 16, 16, 16],
        depths=[1, 1, 1, 1],
        layer_type="basic",
        out_features=["stage2", "stage3", "stage4"],
    )
    config = RTDetrConfig(  # type: ignore[call-arg]
        backbone_config=backbone,
        encoder_hidden_dim=16,
        encoder_in_channels=[16, 16, 16],
        encoder_ffn_dim=32,
        encoder_attention_heads=2,
        d_model=16,
        num_queries=30,
        decoder_in_channels=[16, 16, 16],
        decoder_ffn_dim=32,
        decoder_layers=2,
        decoder_attention_heads=2,
        hidden_expansion=1.0,
        num_labels=80,
    )
    model = RTDetrForObjectDetection(config)
    _make_sensitive(model)
    model.save_pretrained(folder)
    RTDetrImageProcessorPil(size={"height": 128, "width": 128}).save_pretrained(folder)
    return folder


def save_llava_video(folder: Path) -> Path:
    """Save a LLaVA-OneVision of two layers with a chat tokenizer of single bytes; return the folder."""
    save_chat_model(folder)
    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<image>", "<video>"]})
    tokenizer.save_pretrained(folder)
    torch.manual_seed(7)
    sight = {**_SIGHT, "model_type": "siglip_vision_model", "image_size": 48, "vision_use_head": False}
    text = {
        **_TEXT,
        "model_type": "qwen2",
        "num_key_value_heads": 2,
        "vocab_size": len(tokenizer),
        "pad_token_id": tokenizer.pad_token_id,
        "eos_token_id": tokenizer.eos_token_id,
    }
    image, video = tokenizer.convert_tokens_to_ids(["<image>", "<video>"])
    model = LlavaOnevisionForConditionalGeneration(
        LlavaOnevisionConfig(
            vision_config=sight,
            text_config=text,
            image_token_index=image,
            video_token_index=video,
            image_grid_pinpoints=[[48, 48]],
            vision_feature_select_strategy="full",
        )
    )
    _make_sensitive(model)
    with torch.no_grad():
        model.model.image_newline.normal_()
    model.save_pretrained(folder)
    how = {"size": {"height": 48, "width": 48}, "resample": 3, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    (folder / "preprocessor_config.json").write_text(json.dumps(how), encoding="utf-8")
    return folder


def _make_sensitive(model: torch.nn.Module) -> None:
    """Enlarge the weights: as they are initialised, every picture would give about the same."""
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.normal_(0, 1.5 / parameter[0].numel() ** 0.5)
