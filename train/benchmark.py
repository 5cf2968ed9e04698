"""A benchmark from a model's name to its table: what `audsem-train evaluate mmau` does."""

import hashlib
import json
from pathlib import Path
from typing import Literal, NamedTuple

import torch
from peft import PeftModel

from audsem_data.core.errors import UsageError
from audsem_data.train.audio_models import Policy, load_policy
from audsem_data.train.mmau import load_predictions, load_questions, score
from audsem_data.train.predicting import PREDICTIONS, Run, predict
from audsem_data.train.recipe import Recipe
from audsem_data.train.training_text import THINK, inside


class Asked(NamedTuple):
    """Which model is asked what, and where its answers go."""

    model: str
    revision: str | None
    adapter: Path | None
    precision: Literal["bfloat16", "float32"]
    data: Path
    audio: Path
    out: Path


def evaluate(asked: Asked, *, beams: int, most_tokens: int, words: int | None, semantic: bool, batch: int) -> str:
    """Write predictions, scores.md and scores.json, and return the first table; the rest as `predict`."""
    questions = load_questions(asked.data)
    if not asked.audio.is_dir():
        raise UsageError(f"{asked.audio} is no folder of sounds")
    if asked.adapter and not (asked.adapter / "adapter_config.json").is_file():
        raise UsageError(f"{asked.adapter} holds no adapter: name the folder that `sft` or `grpo` wrote")
    adapter = str(asked.adapter) if asked.adapter else None
    digest = hashlib.sha256(asked.data.read_bytes()).hexdigest()
    names = (asked.model, asked.revision, adapter, asked.precision, asked.data.name, digest)
    run = Run(*names, beams, most_tokens, words, semantic)
    deaf = predict(_policy(asked), run, questions, asked.audio, asked.out, batch=batch)
    said = load_predictions(asked.out / PREDICTIONS)
    scores = score(questions, said)
    lengths = [len((inside(text, THINK) or "").split()) for text in said.values()]
    mean = sum(lengths) / max(len(lengths), 1)
    lines = [run.told(), f"Thinking is {mean:.1f} words long on average."]
    if deaf:
        lines.append(f"{len(deaf)} question{' has' if len(deaf) == 1 else 's have'} no sound, and count as wrong.")
    table = scores.markdown(f"{asked.model} on {asked.data.stem}") + "\n" + "\n".join(lines) + "\n"
    held = {**scores.json(), "run": run._asdict(), "thinking_words": mean, "no_sound": deaf}
    (asked.out / "scores.md").write_text(table, encoding="utf-8")
    (asked.out / "scores.json").write_text(json.dumps(held, indent=1) + "\n", encoding="utf-8")
    return table


def _policy(asked: Asked) -> Policy:
    names = {"model": asked.model, "model_revision": asked.revision, "precision": asked.precision}
    policy = load_policy(Recipe.model_validate({"dataset": "", "out": asked.out, "tuning": "full", **names}))
    model = (
        PeftModel.from_pretrained(policy.model, asked.adapter).merge_and_unload() if asked.adapter else policy.model
    )
    return Policy(model.eval().to("cuda" if torch.cuda.is_available() else "cpu"), policy.inputs, None)
