"""LP-MusicCaps: sentences that describe the music of a clip.

Source: Doh et al., LP-MusicCaps: LLM-Based Pseudo Music Captioning, ISMIR 2023; the published checkpoint
exp/transfer/lp_music_caps/last.pth, with the configuration and the tokenizer of facebook/bart-base.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from transformers import AutoTokenizer, BartConfig, BartForConditionalGeneration, GenerationConfig
from transformers.modeling_outputs import BaseModelOutput

from audsem_data.core.errors import ModelError
from audsem_data.core.model import Device
from audsem_data.models.checkpoint import fill, read_checkpoint
from audsem_data.models.lp_musiccaps_frontend import RATE, WINDOW, AudioEncoder, MelDecibels, windows
from audsem_data.models.placement import place, torch_device
from audsem_data.models.pretrained import load_pretrained
from audsem_data.models.ragged import padded

Array = np.ndarray[Any, Any]

_BATCH = 16  # windows
_AUTO = Device()


class CaptionedWindow(NamedTuple):
    """What was said of a part of a clip, which ends where its sound does: silence that fills it does not count."""

    start_ms: int
    end_ms: int
    caption: str


@dataclass(frozen=True)
class Decoding:
    """How a caption is searched for; nothing is random. The defaults are those of the published captioner.

    Attributes:
        beams: of the search; 1 takes the likeliest token each time.
        max_tokens: of a caption; the two before its text and the one after it count.
        no_repeat_ngram: so many tokens in a row stand in no caption twice; 0 for no such rule.
    """

    beams: int = 5
    max_tokens: int = 128
    no_repeat_ngram: int = 3


_PUBLISHED = Decoding()


class LpMusicCaps:
    """Captions of clips of 16 kHz, one for every ten seconds.

    Loads a folder: one .pth file, anywhere in it, whose `state_dict` has keys with or without `module.`, and
    beside it config.json and the tokenizer's files.

    Raises:
        ModelError: a file is absent, damaged, wants code to run, or is of another model.
    """

    def __init__(
        self, checkpoint: Path, device: Device = _AUTO, dtype: str = "float32", decoding: Decoding = _PUBLISHED
    ) -> None:
        config = load_pretrained(BartConfig, checkpoint)
        self._tokenizer = load_pretrained(AutoTokenizer, checkpoint)
        if (size := len(self._tokenizer)) != config.vocab_size:
            raise ModelError(f"{checkpoint} has a tokenizer of {size} tokens for a model of {config.vocab_size}")
        path = _weights_file(checkpoint)
        network = LpMusicCapsNetwork(config)
        fill(network, _tensors(path), path, harmless=lambda key: key.startswith("audio_encoder.mel_encoder."))
        self._device, self._dtype = torch_device(device), getattr(torch, dtype)
        self.front_end = MelDecibels().to(self._device)
        self.network = place(network, device, dtype)
        self._rules = generation_rules(decoding, config)

    def __call__(self, clips: Sequence[Array]) -> list[list[CaptionedWindow] | None]:
        """Return the captions of each clip's windows, in order: the same, whatever else is in the batch.

        Windows follow one another every ten seconds. Silence fills a clip below that, and the rest of a longer
        one; a rest below one second is left out. An empty clip has no windows. A caption may be empty.
        None for a clip whose samples, or what the encoder makes of them, are not all finite.

        Args:
            clips: float32 mono samples in [-1, 1] at 16 kHz, (samples,).
        """
        places = [windows(len(clip)) for clip in clips]
        sounds = [clip[place] for clip, of_clip in zip(clips, places, strict=True) for place in of_clip]
        captions = [
            said for begin in range(0, len(sounds), _BATCH) for said in self._run(sounds[begin : begin + _BATCH])
        ]
        results: list[list[CaptionedWindow] | None] = []
        for clip, of_clip in zip(clips, places, strict=True):
            said, captions = captions[: len(of_clip)], captions[len(of_clip) :]
            results.append(_captioned(of_clip, said) if np.isfinite(clip).all() else None)
        return results

    @torch.inference_mode()
    def _run(self, sounds: Sequence[Array]) -> list[str | None]:
        mel = self.front_end(padded(sounds, self._device, WINDOW))
        encoded = self.network(mel.to(self._dtype))
        finite = encoded.isfinite().all(dim=2).all(dim=1)
        encoded[~finite] = 0
        found = self.network.bart.generate(
            encoder_outputs=BaseModelOutput(last_hidden_state=encoded), generation_config=self._rules
        )
        texts = self._tokenizer.batch_decode(found, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return [text.strip() if good else None for text, good in zip(texts, finite.tolist(), strict=True)]


class LpMusicCapsNetwork(nn.Module):
    """The network: an encoder of sound, and BART, which reads what that makes of it as if it were text."""

    bart: Any  # transformers' types say of `generate` that it is not this class's

    def __init__(self, config: BartConfig) -> None:
        super().__init__()
        self.bart = BartForConditionalGeneration(config)
        self.audio_encoder = AudioEncoder(self.bart.config.d_model)

    def forward(self, mel: Tensor) -> Tensor:
        """Return what the decoder attends to, (windows, 32, width), of decibels, (windows, 128, 1001)."""
        encoded: Tensor = self.bart.get_encoder()(inputs_embeds=self.audio_encoder(mel)).last_hidden_state
        return encoded


def generation_rules(decoding: Decoding, config: BartConfig) -> GenerationConfig:
    """Return the rules of the search, every one said: what comes from a BART's configuration alone varies."""
    return GenerationConfig(  # type: ignore[no-untyped-call]
        num_beams=decoding.beams,
        max_length=decoding.max_tokens,
        no_repeat_ngram_size=decoding.no_repeat_ngram,
        repetition_penalty=1.0,
        do_sample=False,
        early_stopping=decoding.beams > 1,
        length_penalty=1.0,
        decoder_start_token_id=config.decoder_start_token_id,
        forced_bos_token_id=config.bos_token_id,
        forced_eos_token_id=config.eos_token_id,
        bos_token_id=config.bos_token_id,
        pad_token_id=config.pad_token_id,
        eos_token_id=config.eos_token_id,
    )


def _captioned(places: Sequence[slice], captions: Sequence[str | None]) -> list[CaptionedWindow] | None:
    said = [caption for caption in captions if caption is not None]
    if len(said) < len(places):
        return None
    return [
        CaptionedWindow(place.start * 1000 // RATE, -(-place.stop * 1000 // RATE), caption)
        for place, caption in zip(places, said, strict=True)
    ]


def _weights_file(folder: Path) -> Path:
    found = sorted(folder.rglob("*.pth"))
    if len(found) != 1:
        raise ModelError(f"{folder} holds {len(found)} .pth files, not the one of LP-MusicCaps")
    return found[0]


def _tensors(path: Path) -> dict[str, Any]:
    found = read_checkpoint(path).get("state_dict")
    if not isinstance(found, dict):
        raise ModelError(f"{path} has no table 'state_dict': it is no LP-MusicCaps checkpoint")
    return {key.removeprefix("module."): value for key, value in found.items()}
