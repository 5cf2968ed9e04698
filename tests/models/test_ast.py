"""AST hears what transformers' own pipeline of it hears, in windows, and refuses another checkpoint's classes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import ASTFeatureExtractor, ASTForAudioClassification

from audsem_data.core.errors import ModelError
from audsem_data.core.model import Device
from audsem_data.models.ast import Ast
from audsem_data.models.audioset import labels
from audsem_data.models.kaldi_fbank import AST_SCALING, Fbank

from .tiny_transformers import save_ast

CPU = Device("cpu")
RATE = 16_000
Array = np.ndarray[Any, Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_ast(tmp_path_factory.mktemp("ast"))


@pytest.fixture(scope="module")
def model(folder: Path) -> Ast:
    return Ast(folder, CPU)


def noise(seconds: float, seed: int = 0) -> Array:
    return np.asarray(0.1 * np.random.default_rng(seed).standard_normal(round(seconds * RATE)), np.float32)


@pytest.mark.filterwarnings("ignore")  # transformers warns of empty mel filters, which are the published ones
@pytest.mark.parametrize("seconds", [0.5, 4.2, 10.0])
def test_front_end_and_probabilities_are_transformers_own(model: Ast, folder: Path, seconds: float) -> None:
    sound = noise(seconds)
    extractor = ASTFeatureExtractor()  # type: ignore[no-untyped-call]
    features = extractor(sound, sampling_rate=RATE, return_tensors="pt")
    ours = Fbank(AST_SCALING)(torch.from_numpy(sound))
    np.testing.assert_allclose(ours, features["input_values"][0][: len(ours)], atol=2e-4)
    network = ASTForAudioClassification.from_pretrained(folder).train(False)
    with torch.no_grad():
        expected = network(**features).logits[0].sigmoid()
    np.testing.assert_allclose(model([sound])[0], expected, atol=1e-5)  # type: ignore[arg-type]


def test_a_clip_in_any_batch_gives_what_it_gives_alone(model: Ast) -> None:
    clips = [noise(s, i) for i, s in enumerate([3, 0, 0.00007, 0.1, 10.24, 10.25, 25, 3])] + [
        np.zeros(RATE, np.float32)
    ]
    alone = [model([clip])[0] for clip in clips]
    for batch, expected in ((clips, alone), (clips[::-1], alone[::-1]), (clips[2:5], alone[2:5])):
        for one, other in zip(model(batch), expected, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-5)  # type: ignore[arg-type]


def test_a_long_clip_is_the_mean_of_its_windows(model: Ast) -> None:
    window = 1024 * 160
    first, rest = noise(10.24, 1), noise(5.12, 2)
    [together] = model([np.concatenate([first, rest])])
    follows = np.concatenate([first, rest[: 400 - 160]])  # a window's last frame reaches into the next one
    [one], [two] = model([follows[: window + 240]]), model([rest])
    weights = [1024, 1 + (len(rest) - 400) // 160]
    assert together is not None
    np.testing.assert_allclose(together, np.average([one, two], axis=0, weights=weights), atol=1e-5)


def test_a_minute_and_what_is_not_finite(model: Ast) -> None:
    broken = noise(3)
    broken[5] = np.inf
    sound = noise(2)
    [minute, none, fine] = model([noise(60), broken, sound])
    assert none is None
    assert minute is not None
    assert minute.shape == (527,)
    np.testing.assert_allclose(fine, model([sound])[0], atol=1e-5)  # type: ignore[arg-type]


def test_other_classes_are_refused(tmp_path: Path) -> None:
    names = ("dog", *labels()[1:])
    with pytest.raises(ModelError, match="its class 0 is 'dog', AudioSet's 'Speech'"):
        Ast(save_ast(tmp_path / "esc", names), CPU)
    with pytest.raises(ModelError, match="its class 50 is 'nothing'"):
        Ast(save_ast(tmp_path / "fifty", labels()[:50]), CPU)
    with pytest.raises(ModelError, match="no model folder"):
        Ast(tmp_path / "none", CPU)


def test_damaged_weights(folder: Path, tmp_path: Path) -> None:
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes()[: 3000 if path.suffix == ".safetensors" else None])
    with pytest.raises(ModelError, match="cannot be loaded as AST"):
        Ast(tmp_path, CPU)
