"""Audio models of the published sizes with random weights, and what feeds their bare networks."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tokenizers
import torch
from transformers import (
    ASTConfig,
    ASTForAudioClassification,
    ClapConfig,
    ClapFeatureExtractor,
    ClapModel,
    PreTrainedTokenizerFast,
)

from audsem_data.core.model import Device
from audsem_data.models.ast import Ast
from audsem_data.models.audioset import labels, names_by_mid
from audsem_data.models.beats import Beats, BeatsNetwork
from audsem_data.models.beats_encoder import BeatsSizes
from audsem_data.models.clap import Clap, windows_of
from audsem_data.models.sat import Sat, SatNetwork, SatSizes

Array = np.ndarray[Any, Any]
RATE = 16_000


class Measured(NamedTuple):
    """A model, the rate that it takes, and its network on what its own front end prepares of clips."""

    rate: int
    load: Callable[[Path, Device, str], Any]
    run: Callable[[Any, Sequence[Array]], list[Array | None]]
    prepare: Callable[[Any, Sequence[Array]], Any]
    network: Callable[[Any, Any], Any]


def of_clips(model: Any, clips: Sequence[Array]) -> list[Array | None]:
    found: list[Array | None] = model(clips)
    return found


def beats_features(model: Any, clips: Sequence[Array]) -> Any:
    longest = max(map(len, clips))
    samples = torch.from_numpy(np.stack([np.pad(clip, (0, longest - len(clip))) for clip in clips])).to(
        model._device
    )
    features = model.fbank(samples)
    return features, torch.full((len(clips),), features.shape[1], device=model._device)


def sat_features(model: Any, clips: Sequence[Array]) -> Any:
    seconds = round(sum(map(len, clips)) / len(clips) / RATE)
    samples = [np.resize(clip, seconds * RATE).reshape(seconds, RATE) for clip in clips]
    mel = model._decibels(torch.from_numpy(np.concatenate(samples)).to(model._device))
    return mel.reshape(len(clips), seconds, *mel.shape[1:])


def sat_network(model: Any, mel: Any) -> Any:
    cache = model.silence.expand(-1, len(mel), -1, -1)
    for second in range(mel.shape[1]):
        likely, cache = model.network(mel[:, second], cache)
    return likely


def clap_features(model: Any, clips: Sequence[Array]) -> Any:
    samples = torch.from_numpy(np.stack([windows_of(clip)[0] for clip in clips])).to(model._device)
    return model.front_end(samples).to(model._dtype)


def clap_network(model: Any, features: Any) -> Any:
    alike = torch.zeros(len(features), 1, dtype=torch.bool, device=features.device)
    return model.network.get_audio_features(input_features=features, is_longer=alike)


MODELS = {
    "annotate-beats": Measured(RATE, Beats, of_clips, beats_features, lambda m, given: m.network(*given)),
    "annotate-ast": Measured(
        RATE,
        Ast,
        of_clips,
        lambda m, clips: m._features([clip[: 10 * RATE] for clip in clips]).to(m.network.dtype),
        lambda m, given: m.network(given),
    ),
    "annotate-sat": Measured(RATE, Sat, of_clips, sat_features, sat_network),
    "embed-clap-audio": Measured(48_000, Clap, lambda m, c: m.embed_audio(c), clap_features, clap_network),
}


def save(folder: Path) -> dict[str, Path]:
    """Save random weights in the published layouts; return each stage's checkpoint."""
    torch.manual_seed(0)
    beats, sat = folder / "beats.pt", folder / "sat.pt"
    sizes = BeatsSizes()
    held = {"cfg": asdict(sizes), "model": BeatsNetwork(sizes).state_dict()}
    torch.save({**held, "label_dict": dict(enumerate(names_by_mid()))}, beats)
    torch.save({"model": SatNetwork(SatSizes()).state_dict()}, sat)
    named = dict(enumerate(labels()))
    config = ASTConfig(id2label=named, label2id={name: index for index, name in named.items()})
    ASTForAudioClassification(config).save_pretrained(folder / "ast")
    sound = {"patch_embeds_hidden_size": 128, "hidden_size": 1024, "depths": [2, 2, 12, 2], "enable_fusion": False}
    ClapModel(ClapConfig(audio_config=sound, projection_dim=512)).save_pretrained(folder / "clap")
    ClapFeatureExtractor(truncation="rand_trunc").save_pretrained(folder / "clap")
    letters = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    whole = tokenizers.Tokenizer(tokenizers.models.BPE({t: i for i, t in enumerate(["[UNK]", *letters])}, []))
    PreTrainedTokenizerFast(tokenizer_object=whole, pad_token="[UNK]").save_pretrained(folder / "clap")
    paths = (beats, folder / "ast", sat, folder / "clap")
    return dict(zip(MODELS, paths, strict=True))
