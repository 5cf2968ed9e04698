"""Examples of a dataset as conversations: the question with its sound, and the completion that is wanted."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Audio, Dataset, get_dataset_config_names, interleave_datasets, load_dataset

from audsem_data.core.errors import InputError
from audsem_data.media.clips import decode_clip
from audsem_data.media.resample import resample
from audsem_data.publish.joining import with_audio
from audsem_data.train.recipe import Recipe
from audsem_data.train.training_text import answer_of, completion_of, question_of

Samples = np.ndarray[Any, Any]

# What Qwen2.5-Omni's template says where nobody says anything; the published model expects it.
SYSTEM = (
    "You are Qwen, a virtual human developed by the Qwen Team, Alibaba Group, capable of perceiving auditory and "
    "visual inputs, as well as generating text and speech."
)


def load_examples(recipe: Recipe) -> Dataset:
    """Return the examples of a recipe's tasks, interleaved by its seed; the columns are those of a task's config.

    Raises:
        InputError: the dataset has no such config, split or sound.
    """
    where: dict[str, Any] = {"revision": recipe.revision} if not Path(recipe.dataset).is_dir() else {}
    known = get_dataset_config_names(recipe.dataset, **where)
    wanted = [task if recipe.variant == "simple" else f"{task}_semantic" for task in recipe.tasks]
    if lacking := [name for name in wanted if name not in known]:
        raise InputError(f"{recipe.dataset} has no config {lacking[0]}; configs: {', '.join(known)}")
    parts = [_config(recipe, name, where) for name in wanted]
    return parts[0] if len(parts) == 1 else interleave_datasets(parts, _shares(parts), recipe.seed, **_EVERY)


_EVERY: dict[str, Any] = {"stopping_strategy": "all_exhausted_without_replacement"}


def _shares(parts: list[Dataset]) -> list[float]:
    total = sum(len(part) for part in parts)
    return [len(part) / total for part in parts]


def _config(recipe: Recipe, name: str, where: Mapping[str, Any]) -> Dataset:
    splits = load_dataset(recipe.dataset, name, **where)
    if recipe.split not in splits:
        raise InputError(f"{recipe.dataset}, {name}: no split {recipe.split}; splits: {', '.join(splits)}")
    data = splits[recipe.split]
    if "audio" not in data.column_names:
        clips = load_dataset(recipe.dataset, "clips", split=recipe.split, **where)
        if "audio" not in clips.column_names:
            raise InputError(f"{recipe.dataset} holds no sound: `audsem-data hydrate` gives it back")
        data = with_audio(data, clips)
    data = data.shuffle(recipe.seed).select(range(min(len(data), recipe.limit or len(data))))
    return data.cast_column("audio", Audio(decode=False))


def sound_of(row: Mapping[str, Any], rate: int) -> Samples:
    """Return the float32 samples of a row's sound at a rate; raises CorruptionError."""
    samples, held = decode_clip(row["audio"]["bytes"])
    return resample(samples, held, rate)


def prompt_of(row: Mapping[str, Any], words: int | None = None) -> list[dict[str, Any]]:
    """Return the messages before the completion; the sound is where `{"type": "audio"}` stands."""
    asked = [{"type": "audio"}, {"type": "text", "text": question_of(row, words)}]
    return [
        {"role": "system", "content": [{"type": "text", "text": SYSTEM}]},
        {"role": "user", "content": asked},
    ]


def conversations(examples: Dataset) -> Iterator[tuple[list[dict[str, Any]], str, str]]:
    """Yield (prompt, completion, answer) of each example."""
    for row in examples:
        yield prompt_of(row), completion_of(row), answer_of(row)
