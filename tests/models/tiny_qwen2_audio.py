"""A tiny random Qwen2-Audio, saved as the published one is, sampling settings and all."""

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    PreTrainedTokenizerFast,
    Qwen2AudioConfig,
    Qwen2AudioForConditionalGeneration,
    Qwen2AudioProcessor,
    WhisperFeatureExtractor,
)

_SPECIAL = ("<unk>", "<pad>", "<|im_start|>", "<|im_end|>", "<|AUDIO|>", "<|audio_bos|>", "<|audio_eos|>")
_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n"
    "{% if m['content'] is string %}{{ m['content'] }}{% else %}"
    "{% for c in m['content'] %}{% if c['type'] == 'audio' %}<|audio_bos|><|AUDIO|><|audio_eos|>\n"
    "{% else %}{{ c['text'] }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def save_qwen2_audio(folder: Path) -> Path:
    """Save the model and its processor; return the folder."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: index for index, token in enumerate((*_SPECIAL, *letters))}
    tokenizer = Tokenizer(models.BPE(vocabulary, [], unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        unk_token="<unk>",
        pad_token="<pad>",
        eos_token="<|im_end|>",
        additional_special_tokens=[token for token in _SPECIAL if token.startswith("<|")],
    )
    audio = {
        "d_model": 32,
        "encoder_layers": 2,
        "encoder_attention_heads": 4,
        "encoder_ffn_dim": 64,
        "num_mel_bins": 128,
        "max_source_positions": 1500,
    }
    text = {
        "model_type": "qwen2",
        "vocab_size": len(vocabulary),
        "hidden_size": 48,
        "intermediate_size": 96,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "pad_token_id": 1,
        "eos_token_id": 3,
    }
    torch.manual_seed(5)
    config = Qwen2AudioConfig(audio_config=audio, text_config=text, audio_token_index=4)
    model = Qwen2AudioForConditionalGeneration(config)
    with torch.no_grad():
        model.get_output_embeddings().weight.mul_(30)  # type: ignore[no-untyped-call]
    settings = model.generation_config
    settings.do_sample, settings.top_p, settings.temperature = True, 0.5, 0.7
    settings.repetition_penalty, settings.eos_token_id, settings.pad_token_id = 1.5, 3, 1
    model.save_pretrained(folder)
    extractor = WhisperFeatureExtractor(feature_size=128)  # type: ignore[no-untyped-call]
    processor = Qwen2AudioProcessor(extractor, fast, chat_template=_TEMPLATE)  # type: ignore[no-untyped-call]
    processor.save_pretrained(folder)
    return folder
