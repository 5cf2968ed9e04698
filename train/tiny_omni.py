"""A tiny random Qwen2.5-Omni Thinker, saved as its parts are published: recipes can be tried without weights.

python -m audsem_data.train.tiny_omni FOLDER
"""

import sys
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    PreTrainedTokenizerFast,
    Qwen2_5OmniThinkerConfig,
    Qwen2_5OmniThinkerForConditionalGeneration,
    WhisperFeatureExtractor,
)

_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n"
    "{% if m['content'] is string %}{{ m['content'] }}{% else %}"
    "{% for c in m['content'] %}{% if c['type'] == 'audio' %}<|audio_bos|><|AUDIO|><|audio_eos|>"
    "{% else %}{{ c['text'] }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_NAMED = {
    "audio_token": "<|AUDIO|>", "audio_bos_token": "<|audio_bos|>", "audio_eos_token": "<|audio_eos|>",
    "image_token": "<|IMAGE|>", "video_token": "<|VIDEO|>",
    "vision_bos_token": "<|vision_bos|>", "vision_eos_token": "<|vision_eos|>",
}  # fmt: skip
_SPECIAL = ("<unk>", "<pad>", "<|im_start|>", "<|im_end|>", *_NAMED.values())


def save_omni(folder: Path) -> Path:
    """Save the Thinker and its processor, with a tokenizer of single bytes; return the folder."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: index for index, token in enumerate((*_SPECIAL, *letters))}
    tokenizer = Tokenizer(models.BPE(vocabulary, [], unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, unk_token="<unk>", pad_token="<pad>", eos_token="<|im_end|>",
        chat_template=_TEMPLATE, extra_special_tokens=_NAMED,
        additional_special_tokens=[token for token in _SPECIAL if token.startswith("<|")],
    )  # fmt: skip
    rope = {"rope_type": "default", "rope_theta": 10_000.0, "mrope_section": [2, 3, 3]}
    text = {
        "vocab_size": len(vocabulary), "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "rope_parameters": rope,
        "eos_token_id": 3, "pad_token_id": 1, "max_position_embeddings": 4096,
    }  # fmt: skip
    audio = {
        "d_model": 32, "encoder_layers": 2, "encoder_attention_heads": 4, "encoder_ffn_dim": 64,
        "num_mel_bins": 128, "max_source_positions": 1500, "n_window": 100, "output_dim": 64,
    }  # fmt: skip
    vision = {
        "depth": 1, "hidden_size": 32, "intermediate_size": 32, "num_heads": 2, "out_hidden_size": 64,
        "fullatt_block_indexes": [0], "window_size": 56,
    }  # fmt: skip
    ids = {f"{name}_id": vocabulary[token] for name, token in _NAMED.items()}
    marks = {f"{what}_{side}_token_id": ids[f"{what}_{end}_token_id"]
             for what in ("audio", "vision") for side, end in (("start", "bos"), ("end", "eos"))}  # fmt: skip
    wanted = {name: ids[name] for name in ("audio_token_id", "image_token_id", "video_token_id")}
    torch.manual_seed(6)
    settings: dict[str, Any] = {"audio_config": audio, "vision_config": vision, "text_config": text}
    settings |= {"pad_token_id": 1, **wanted, **marks}
    config = Qwen2_5OmniThinkerConfig(**settings)
    model = Qwen2_5OmniThinkerForConditionalGeneration(config)
    model.generation_config.eos_token_id, model.generation_config.pad_token_id = 3, 1
    model.save_pretrained(folder)
    # Its published processor needs torchvision for pictures: the parts that sound needs are saved apart.
    WhisperFeatureExtractor(feature_size=128, return_attention_mask=True).save_pretrained(folder)  # type: ignore[no-untyped-call]
    fast.save_pretrained(folder)
    return folder


if __name__ == "__main__":
    save_omni(Path(sys.argv[1]))
