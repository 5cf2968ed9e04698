"""A tiny random chat model that babbles words: its answers are as long as real ones, and mean nothing."""

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

_WORDS = """
soft low bright steady hollow distant water metal wood wind bird crowd engine bell drum string footsteps paper
glass stone rain door hall street room echo hum rumble crackle hiss rattle chime whistle buzz tap scrape creak
splash roll swell fade rise fall begins lingers fades grows settles perhaps maybe well hmm then behind beneath
above around between with under near far quiet loud thin thick warm cold dry wet sharp round even rough smooth
""".split()  # noqa: SIM905
ANSWERS = ("\u0120yes", "\u0120no")
_SPECIAL = ("<unk>", "<pad>", "<s>", "</s>", "<|im_start|>", "<|im_end|>")
_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def save_writer(folder: Path, ending: float = 0.03) -> Path:
    """Save the model; `ending` is the chance of a quotation mark: the higher, the shorter the texts."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = [*(f"\u0120{word}" for word in _WORDS), *ANSWERS]
    vocabulary = {token: index for index, token in enumerate((*_SPECIAL, *letters, *words))}
    tokenizer = Tokenizer(models.BPE(vocabulary, [], unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, unk_token="<unk>", pad_token="<pad>", eos_token="<|im_end|>",
        additional_special_tokens=["<|im_start|>"],
    )  # fmt: skip
    fast.chat_template = _TEMPLATE
    torch.manual_seed(5)
    model = Qwen2ForCausalLM(
        Qwen2Config(
            vocab_size=len(vocabulary), hidden_size=64, intermediate_size=96, num_hidden_layers=2,
            num_attention_heads=1, num_key_value_heads=1, max_position_embeddings=8192, pad_token_id=1,
            eos_token_id=5, tie_word_embeddings=False,
        )
    )  # fmt: skip
    # The hidden state's first dimension is the same everywhere: its weight in the head is a token's own chance.
    with torch.no_grad():
        model.model.embed_tokens.weight[:, 0] = 8.0
        for layer in model.model.layers:
            layer.self_attn.o_proj.weight[0] = 0
            layer.mlp.down_proj.weight[0] = 0
        chance = model.lm_head.weight[:, 0]
        chance[:] = -2.0
        chance[len(_SPECIAL) + len(letters) :] = 0.0
        chance[vocabulary['"']] = ending
        for answer in ANSWERS:
            chance[vocabulary[answer]] = 0.05
    fast.save_pretrained(folder)
    model.save_pretrained(folder)
    return folder
