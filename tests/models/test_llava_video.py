"""LLaVA-Video says of frames what transformers' own code says, in any batch, and sees each of them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer, LlavaOnevisionForConditionalGeneration

from audsem_data.core.errors import ModelError
from audsem_data.core.model import Device
from audsem_data.models.llava_video import LlavaVideo
from audsem_data.models.preprocessing import Preprocessing

from .test_seeing import picture
from .tiny_vision import save_llava_video

CPU = Device("cpu")
CLIPS = [[picture(10 * clip + frame) for frame in range(count)] for clip, count in enumerate([8, 1, 3, 8])]
CHATS = [[{"role": "user", "content": f"{len(frames)} frames. Say more."}] for frames in CLIPS]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_llava_video(tmp_path_factory.mktemp("llava"))


@pytest.fixture(scope="module")
def model(folder: Path) -> LlavaVideo:
    return LlavaVideo(folder, CPU, new_tokens=16)


def test_with_one_line_end_it_is_transformers_own(folder: Path) -> None:
    ours = LlavaVideo(folder, CPU, new_tokens=16, newlines="video")
    network = LlavaOnevisionForConditionalGeneration.from_pretrained(folder).train(False)
    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    prepare = Preprocessing(48, 48, "bicubic", mean=(0.5, 0.5, 0.5), deviation=(0.5, 0.5, 0.5))
    for frames, chat, said in zip(CLIPS, CHATS, ours(CLIPS, CHATS), strict=True):
        shown = "<video>" * (9 * len(frames) + 1)  # 6 x 6 patches, pooled by 2
        asked = [{"role": "user", "content": f"{shown}\n{chat[0]['content']}"}]
        text = tokenizer.apply_chat_template(asked, add_generation_prompt=True, tokenize=False)
        given = tokenizer(text, return_tensors="pt")
        seen = prepare(frames, torch.device("cpu"))[None]
        tokens = network.generate(
            input_ids=given["input_ids"], attention_mask=given["attention_mask"], pixel_values_videos=seen,
            do_sample=False, max_new_tokens=16, pad_token_id=tokenizer.pad_token_id,
        )  # fmt: skip
        fresh = tokenizer.decode(tokens[0, given["input_ids"].shape[1] :], skip_special_tokens=True)
        assert said == " ".join(fresh.split())


def test_a_line_ends_after_every_row_of_every_frame(folder: Path, model: LlavaVideo) -> None:
    seen = model._see(CLIPS[2])
    once = LlavaVideo(folder, CPU, newlines="video")._see(CLIPS[2])
    assert once.shape[0] == 3 * 3 * 3 + 1
    grid = seen.reshape(3 * 3, 3 + 1, -1)
    np.testing.assert_array_equal(grid[:, :3].reshape(27, -1), once[:-1])
    np.testing.assert_array_equal(grid[:, 3], once[-1:].expand(9, -1))


def test_a_clip_in_any_batch_gives_the_same_words(model: LlavaVideo) -> None:
    alone = [model([frames], [chat])[0] for frames, chat in zip(CLIPS, CHATS, strict=True)]
    assert model(CLIPS, CHATS) == alone
    assert model(CLIPS[::-1], CHATS[::-1]) == alone[::-1]
    assert len(set(alone)) == len(alone)


def test_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model folder"):
        LlavaVideo(tmp_path / "none", CPU)
