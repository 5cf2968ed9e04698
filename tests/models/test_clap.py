"""CLAP embeds without chance: tiled or windowed, unit length, the same in any batch."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer, ClapFeatureExtractor, ClapModel

from audsem_data.core.errors import ModelError
from audsem_data.core.model import Device
from audsem_data.models.clap import RATE, WINDOW, Clap
from audsem_data.models.clap_backend import ClapConfig, open_clap
from audsem_data.models.clap_front_end import ClapFrontEnd

from .test_annotating import cli, rows
from .tiny_transformers import save_clap

CPU = Device("cpu")
Array = np.ndarray[Any, Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_clap(tmp_path_factory.mktemp("clap"))


@pytest.fixture(scope="module")
def model(folder: Path) -> Clap:
    return Clap(folder, CPU)


def noise(seconds: float, seed: int = 0) -> Array:
    return np.asarray(0.1 * np.random.default_rng(seed).standard_normal(round(seconds * RATE)), np.float32)


def projected(features: Any) -> Array:
    row = (features if isinstance(features, torch.Tensor) else features.pooler_output)[0]
    return np.asarray(row / row.norm())


@pytest.mark.parametrize("seconds", [0.7, 3, 10])
def test_it_is_transformers_own_embedding(model: Clap, folder: Path, seconds: float) -> None:
    sound = noise(seconds)
    features = ClapFeatureExtractor.from_pretrained(folder)(sound, sampling_rate=RATE, return_tensors="pt")
    with torch.no_grad():
        expected = projected(ClapModel.from_pretrained(folder).train(False).get_audio_features(**features))
    [ours] = model.embed_audio([sound])
    np.testing.assert_allclose(ours, expected, atol=1e-5)  # type: ignore[arg-type]


@pytest.mark.parametrize("truncation", ["rand_trunc", "fusion"])
def test_the_front_end_is_the_published_extractor(truncation: str) -> None:
    extractor = ClapFeatureExtractor(truncation=truncation)
    quiet_above = 0.5 * np.sin(2 * np.pi * 440 * np.arange(WINDOW) / RATE)
    windows = np.stack([noise(10), np.asarray(quiet_above, np.float32), np.zeros(WINDOW, np.float32)])
    published = [
        extractor(window, sampling_rate=RATE, return_tensors="np")["input_features"][0] for window in windows
    ]
    ours = ClapFrontEnd(extractor)(torch.from_numpy(windows)).numpy()
    np.testing.assert_allclose(ours, np.stack(published), atol=1e-4)


def test_text_is_transformers_own_embedding(model: Clap, folder: Path) -> None:
    tokens = AutoTokenizer.from_pretrained(folder)("door slams", return_tensors="pt")
    with torch.no_grad():
        features = (
            ClapModel.from_pretrained(folder)
            .train(False)
            .get_text_features(input_ids=tokens["input_ids"], attention_mask=tokens["attention_mask"])
        )
    [ours] = model.embed_text(["door slams"])
    np.testing.assert_allclose(ours, projected(features), atol=1e-5)  # type: ignore[arg-type]


def test_a_clip_in_any_batch_gives_what_it_gives_alone(model: Clap) -> None:
    clips = [noise(s, i) for i, s in enumerate([3, 0.1, 10, 10.5, 25, 0.00003, 3])] + [np.zeros(RATE, np.float32)]
    alone = [model.embed_audio([clip])[0] for clip in clips]
    for batch, expected in ((clips, alone), (clips[::-1], alone[::-1]), (clips[1:4], alone[1:4])):
        for one, other in zip(model.embed_audio(batch), expected, strict=True):
            assert one is not None
            assert np.linalg.norm(one) == pytest.approx(1, abs=1e-5)
            np.testing.assert_allclose(one, other, atol=1e-5)  # type: ignore[arg-type]


def test_texts_in_any_batch(model: Clap) -> None:
    texts = ["door slams", "", "x" * 500, "\u97f3", "door slams"]
    alone = [model.embed_text([text])[0] for text in texts]
    assert [index for index, one in enumerate(alone) if one is None] == [1]
    for one, other in zip(model.embed_text(texts), alone, strict=True):
        assert (one is None) == (other is None)
        if one is not None:
            np.testing.assert_allclose(one, other, atol=1e-5)  # type: ignore[arg-type]


def test_nothing_is_random_and_the_end_is_heard(model: Clap) -> None:
    long = noise(25)
    np.testing.assert_array_equal(model.embed_audio([long])[0], model.embed_audio([long])[0])
    other_end = long.copy()
    other_end[-RATE:] = 0
    assert np.abs(model.embed_audio([long])[0] - model.embed_audio([other_end])[0]).max() > 1e-6  # type: ignore[operator]
    windows = model._embed([long[:WINDOW], long[WINDOW : 2 * WINDOW], long[-WINDOW:]]).mean(0)
    np.testing.assert_allclose(model.embed_audio([long])[0], windows / np.linalg.norm(windows), atol=1e-5)  # type: ignore[arg-type]


def test_what_has_no_embedding(model: Clap) -> None:
    broken = noise(3)
    broken[7] = np.nan
    sound = noise(2)
    [empty, none, fine, minute] = model.embed_audio([np.zeros(0, np.float32), broken, sound, noise(60)])
    assert empty is None
    assert none is None
    assert minute is not None
    np.testing.assert_allclose(fine, model.embed_audio([sound])[0], atol=1e-5)  # type: ignore[arg-type]


def test_the_other_backend_says_what_it_lacks(folder: Path) -> None:
    config = ClapConfig(checkpoint=str(folder), backend="laion-clap")
    with pytest.raises(ModelError, match="environment of its own"):
        open_clap(config, CPU)


def test_the_stages_embed_sounds_and_captions(workspace: Path, folder: Path) -> None:
    for name in ("embed-clap-audio", "embed-clap-text"):
        cli(name, "-w", workspace, "--set", f"checkpoint={folder}", "--device", "cpu")
    sounds, texts = rows(workspace, "embed-clap-audio"), rows(workspace, "embed-clap-text")
    assert [row["clip_id"] for row in sounds] == [row["clip_id"] for row in texts]
    for row in (*sounds, *texts):
        assert np.linalg.norm(row["embedding"]) == pytest.approx(1, abs=1e-5)
