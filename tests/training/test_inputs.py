"""What models are given: the processors' own tokens and features, and labels on the completion alone."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from datasets import Dataset
from transformers import AutoProcessor

from audsem_data.core.errors import ModelError
from audsem_data.train.collator import IGNORED, Collator
from audsem_data.train.conversations import prompt_of
from audsem_data.train.sounds_and_texts import SoundsAndTexts
from audsem_data.train.training_text import completion_of, question_of

SOUNDS = [np.zeros(8_000, np.float32), np.ones(32_000, np.float32), np.ones(16_123, np.float32)]


def test_they_are_the_processors_own(saved: dict[str, Path]) -> None:
    folder = saved["qwen2-audio"]
    processor = AutoProcessor.from_pretrained(folder)  # type: ignore[no-untyped-call]
    prompts: list[Any] = [[{"role": "user", "content": [{"type": "audio"}, {"type": "text", "text": "hi"}]}]] * 3
    heard = SoundsAndTexts(str(folder))(prompts, SOUNDS)
    texts = [processor.apply_chat_template(one, tokenize=False, add_generation_prompt=True) for one in prompts]
    theirs = processor(text=texts, audio=SOUNDS, sampling_rate=16_000, padding=True, return_tensors="pt")
    real = theirs["attention_mask"].bool()
    assert [ids[mask].tolist() for ids, mask in zip(theirs["input_ids"], real, strict=True)] == heard.ids
    for name, tensor in heard.features.items():
        torch.testing.assert_close(tensor, theirs[name].to(tensor.dtype))


def test_labels_are_the_completion_token_by_token(model: Path, examples: Dataset) -> None:
    inputs = SoundsAndTexts(str(model))
    batch = Collator(inputs)(list(examples)[:3])
    tokenizer = inputs.tokenizer
    for row, ids, mask, labels in zip(
        examples, batch["input_ids"], batch["attention_mask"], batch["labels"], strict=False
    ):
        learned = labels[labels != IGNORED]
        assert tokenizer.decode(learned) == completion_of(row) + inputs.end
        assert (ids[labels != IGNORED] == learned).all()
        before = str(tokenizer.decode(ids[(labels == IGNORED) & mask.bool()]))
        assert before.endswith("<|im_start|>assistant\n")
        assert question_of(row) in before
        assert (labels[mask == 0] == IGNORED).all()


def test_a_model_without_a_template(saved: dict[str, Path], tmp_path: Path) -> None:
    inputs = SoundsAndTexts(str(saved["omni"]))
    inputs.tokenizer.chat_template = None
    inputs.save(tmp_path)
    with pytest.raises(ModelError, match="no chat template"):
        SoundsAndTexts(str(tmp_path))


def test_prompts_say_what_the_recipe_wants(examples: Dataset) -> None:
    messages = prompt_of(examples[0], words=25)
    assert [message["role"] for message in messages] == ["system", "user"]
    assert messages[1]["content"][0] == {"type": "audio"}
    assert "about 25 words" in messages[1]["content"][1]["text"]
