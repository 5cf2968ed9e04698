"""Qwen2-Audio: a description of a clip, by beam search.

Source: Chu et al., Qwen2-Audio Technical Report, 2024; Qwen/Qwen2-Audio-7B-Instruct.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoProcessor, GenerationConfig, Qwen2AudioForConditionalGeneration

from audsem_data.core.model import Device
from audsem_data.models.batches import in_batches
from audsem_data.models.placement import place, torch_device
from audsem_data.models.pretrained import load_pretrained

Array = np.ndarray[Any, Any]

RATE = 16_000
WINDOW = 30 * RATE  # samples: as much as the feature extractor takes
_SHORTEST = RATE // 10
_REMAINDER = RATE  # samples: a shorter rest of a long clip is not described
_BATCH = 8 * WINDOW
_AUTO = Device()


class Qwen2Audio:
    """Describes clips of 16 kHz; nothing is sampled, whatever the checkpoint's own generation settings say."""

    def __init__(
        self, folder: Path, device: Device = _AUTO, dtype: str = "float32", beams: int = 4, new_tokens: int = 1024
    ) -> None:
        """Load a folder as published; raises ModelError."""
        network = load_pretrained(Qwen2AudioForConditionalGeneration, folder)
        self.processor = load_pretrained(AutoProcessor, folder)
        self.processor.tokenizer.padding_side = "left"  # what is generated follows every prompt at once
        published = network.generation_config
        self._search = GenerationConfig(  # type: ignore[no-untyped-call]
            num_beams=beams,
            do_sample=False,
            max_new_tokens=new_tokens,
            repetition_penalty=1.0,
            length_penalty=1.0,
            early_stopping=True,
            bos_token_id=published.bos_token_id,
            eos_token_id=published.eos_token_id,
            pad_token_id=self.processor.tokenizer.pad_token_id,
        )
        network.generation_config = self._search  # or its sampling settings would be merged in
        self._device, self._dtype = torch_device(device), getattr(torch, dtype)
        self.network = place(network, device, dtype)

    def __call__(self, clips: Sequence[Array], chat: Sequence[dict[str, str]]) -> list[str | None]:
        """Return what is said of each clip, the same whatever else is in the batch.

        A clip of more than 30 s is described in consecutive windows, one after another; less than 1 s that is left
        over is not. A clip under 0.1 s is filled up to there with silence. None for an empty clip, and for one
        whose samples are not all finite.

        Args:
            clips: float32 mono samples in [-1, 1] at 16 kHz, (samples,).
            chat: the instructions; the last message is asked about the clip.
        """
        prompt = self.processor.apply_chat_template(_with_audio(chat), add_generation_prompt=True, tokenize=False)
        windows = [_windows(clip) if np.isfinite(clip).all() else [] for clip in clips]
        flat = [window for of_clip in windows for window in of_clip]
        said = in_batches(flat, _BATCH, lambda batch: self._say([flat[index] for index in batch], prompt))
        results: list[str | None] = []
        for of_clip in windows:
            parts, said = said[: len(of_clip)], said[len(of_clip) :]
            results.append(" ".join(part for part in parts if part) if parts else None)
        return results

    @torch.inference_mode()
    def _say(self, windows: Sequence[Array], prompt: str) -> list[str]:
        inputs = self.processor(
            text=[prompt] * len(windows),
            audio=list(windows),
            sampling_rate=RATE,
            return_tensors="pt",
            padding=True,
        )
        names = ("input_ids", "attention_mask", "input_features", "feature_attention_mask")
        given = {name: inputs[name].to(self._device) for name in names}
        given["input_features"] = given["input_features"].to(self._dtype)
        tokens = self.network.generate(**given, generation_config=self._search)
        fresh = tokens[:, given["input_ids"].shape[1] :]
        texts = self.processor.batch_decode(fresh, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return [" ".join(text.split()) for text in texts]


def _with_audio(chat: Sequence[dict[str, str]]) -> list[dict[str, Any]]:
    """Return the chat with the clip before its last question."""
    *before, last = chat
    content = [{"type": "audio", "audio_url": "clip.wav"}, {"type": "text", "text": last["content"]}]
    return [*before, {"role": last["role"], "content": content}]


def _windows(clip: Array) -> list[Array]:
    if not len(clip):
        return []
    cut = [clip[begin : begin + WINDOW] for begin in range(0, len(clip), WINDOW)]
    if len(cut) > 1 and len(cut[-1]) < _REMAINDER:
        cut.pop()
    return [np.pad(window, (0, max(0, _SHORTEST - len(window)))) for window in cut]
