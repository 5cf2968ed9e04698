"""A dataset of tones whose answers can only be heard, and tiny models."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from datasets import Dataset
from models.tiny_qwen2_audio import save_qwen2_audio

from audsem_data.publish.features import task_schema
from audsem_data.train.audio_models import Policy, load_policy
from audsem_data.train.recipe import Recipe
from audsem_data.train.tiny_omni import save_omni

RATE = 32_000
OMNI, QWEN2_AUDIO = "omni", "qwen2-audio"
HERTZ = {"low": 200, "high": 3000}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Keep torch to one thread, and draws the same."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield


def tone(hertz: int, seconds: float = 1.0) -> bytes:
    held = io.BytesIO()
    samples = 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)
    soundfile.write(held, samples.astype(np.float32), RATE, format="FLAC", subtype="PCM_16")
    return held.getvalue()


def row(number: int, pitch: str) -> dict[str, Any]:
    """Return an example of multiple choice as a dataset holds it."""
    made: dict[str, Any] = dict.fromkeys(task_schema(audio=True).names)
    made["audio"] = {"bytes": tone(HERTZ[pitch]), "path": "x.flac"}
    return made | {
        "example_id": f"v_{number}", "clip_id": f"v{number}",
        "task": "mc_qa", "variant": "simple", "question": "Pitch?", "choices": ["low", "high", "no", "yes"],
        "answer_index": ("low", "high").index(pitch), "thinking": f"It is {pitch}.", "answer": pitch,
    }  # fmt: skip


@pytest.fixture
def examples() -> Dataset:
    return Dataset.from_list([row(number, ("low", "high")[number % 2]) for number in range(10)])


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("policies")
    return {OMNI: save_omni(folder / OMNI), QWEN2_AUDIO: save_qwen2_audio(folder / QWEN2_AUDIO)}


@pytest.fixture(params=[OMNI, QWEN2_AUDIO])
def model(request: pytest.FixtureRequest, saved: dict[str, Path]) -> Path:
    return saved[request.param]


@pytest.fixture
def policy_of(model: Path, tmp_path: Path) -> Callable[..., Policy]:
    """Load the tiny model as a recipe would."""

    def load(checkpoint: Path | None = None, **values: Any) -> Policy:
        return load_policy(recipe_of(Recipe, model, tmp_path, **values), str(checkpoint) if checkpoint else None)

    return load


def recipe_of(kind: Any, model: Path, out: Path, **values: Any) -> Any:
    """Return a recipe on a processor: full precision, everything trained unless told."""
    trainer = {"use_cpu": True, "activation_checkpointing": False, "disable_tqdm": True, "save_strategy": "no"}
    settings = {"tuning": "full", "precision": "float32", "variant": "simple", **values}
    given = {**trainer, **settings.pop("trainer", {})}
    return kind(**{"dataset": "none", "out": out, "model": str(model), "trainer": given, **settings})
