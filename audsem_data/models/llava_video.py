"""LLaVA-Video: a description of a clip's frames, by transformers' LLaVA-OneVision.

Source: Zhang et al., LLaVA-Video: Video Instruction Tuning With Synthetic Data, 2024;
lmms-lab/LLaVA-Video-7B-Qwen2, converted to transformers' form (docs/models.md says how).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor
from transformers import AutoTokenizer, LlavaOnevisionForConditionalGeneration

from audsem_data.core.model import Device
from audsem_data.models.batches import in_batches
from audsem_data.models.frame_batches import Picture
from audsem_data.models.placement import place, torch_device
from audsem_data.models.preprocessing import Preprocessing, published_preprocessing
from audsem_data.models.pretrained import load_pretrained

Newlines = Literal["row", "video"]

PREPROCESSING = Preprocessing(384, 384, "bicubic", mean=(0.5, 0.5, 0.5), deviation=(0.5, 0.5, 0.5))

_AUTO = Device()
_CPU_TOKENS, _GPU_TOKENS = 4_096, 65_536  # in a padded batch


class LlavaVideo:
    """Describes videos given as frames; nothing is sampled."""

    def __init__(
        self,
        folder: Path,
        device: Device = _AUTO,
        dtype: str = "float32",
        new_tokens: int = 2048,
        newlines: Newlines = "row",
    ) -> None:
        """Load a folder of transformers' form. Raises ModelError.

        Args:
            folder: weights, configuration and tokenizer.
            device: where it runs.
            dtype: of the weights.
            new_tokens: most tokens of a description.
            newlines: where the network is shown the end of a line: after every row of every frame, as LLaVA-Video
                was trained, or once after the video, as transformers does it for LLaVA-OneVision.
        """
        network = load_pretrained(LlavaOnevisionForConditionalGeneration, folder)
        self._tokenizer = load_pretrained(AutoTokenizer, folder, padding_side="left")
        self._prepare = published_preprocessing(folder, PREPROCESSING)
        self._newlines = newlines
        self._search = {"num_beams": 1, "do_sample": False, "max_new_tokens": new_tokens}
        config = network.config
        self._video_token: int = config.video_token_id
        self._side: int = -(
            -(config.vision_config.image_size // config.vision_config.patch_size) // 2
        )  # pooled by 2
        self.device, self._dtype = torch_device(device), getattr(torch, dtype)
        self.network = place(network, device, dtype)

    def __call__(self, clips: Sequence[Sequence[Picture]], chats: Sequence[Sequence[dict[str, str]]]) -> list[str]:
        """Return what is said of each clip, the same whatever else is in the batch.

        Args:
            clips: the frames of each, at least one; any size.
            chats: the instructions for each; the video stands before the text of the last message.
        """
        tokens = [self._tokens(len(frames), chat) for frames, chat in zip(clips, chats, strict=True)]
        most = _CPU_TOKENS if self.device.type == "cpu" else _GPU_TOKENS
        return in_batches(
            tokens, most, lambda batch: self._say([clips[i] for i in batch], [tokens[i] for i in batch])
        )

    def _tokens(self, frames: int, chat: Sequence[dict[str, str]]) -> list[int]:
        """Return a prompt's tokens, with as many in place of the video as the network sees of it."""
        video = self._tokenizer.convert_ids_to_tokens(self._video_token)
        *before, last = chat
        shown = [*before, {**last, "content": f"{video}\n{last['content']}"}]
        text = self._tokenizer.apply_chat_template(shown, add_generation_prompt=True, tokenize=False)
        tokens: list[int] = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        place = tokens.index(self._video_token)
        return [*tokens[:place], *[self._video_token] * self._length(frames), *tokens[place + 1 :]]

    def _length(self, frames: int) -> int:
        if self._newlines == "row":
            return frames * self._side * (self._side + 1)
        return frames * self._side**2 + 1

    @torch.inference_mode()
    def _say(self, clips: Sequence[Sequence[Picture]], tokens: Sequence[list[int]]) -> list[str]:
        padded = self._tokenizer.pad({"input_ids": tokens}, padding=True, return_tensors="pt")
        ids, mask = padded["input_ids"].to(self.device), padded["attention_mask"].to(self.device)
        embedded = self.network.get_input_embeddings()(ids)
        seen = torch.cat([self._see(frames) for frames in clips]).to(embedded.dtype)
        where = (ids == self._video_token)[..., None].expand_as(embedded)
        embedded = embedded.masked_scatter(where, seen)
        said = self.network.generate(
            inputs_embeds=embedded,
            attention_mask=mask,
            pad_token_id=self._tokenizer.pad_token_id,
            **self._search,
        )
        texts = self._tokenizer.batch_decode(said, skip_special_tokens=True)
        return [" ".join(text.split()) for text in texts]

    def _see(self, frames: Sequence[Picture]) -> Tensor:
        """Return what the language model gets of a video: (tokens, width)."""
        config: Any = self.network.config
        seen = self.network.get_video_features(
            self._prepare(frames, self.device).to(self._dtype)[None],
            vision_feature_layer=config.vision_feature_layer,
            vision_feature_select_strategy=config.vision_feature_select_strategy,
        ).pooler_output[0]
        if self._newlines == "video":
            return torch.as_tensor(seen)
        rows = seen[:-1].reshape(len(frames) * self._side, self._side, -1)  # without the video's own line end
        ends = seen[-1].expand(len(rows), 1, -1)
        return torch.cat([rows, ends], dim=1).flatten(0, 1)
