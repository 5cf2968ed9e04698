"""GRPO with tiny models: the reward rises where it can, the sound reaches policy and reference, and it goes on."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset

from audsem_data.train import grpo
from audsem_data.train.audio_models import Policy
from audsem_data.train.grpo import HearingGRPOTrainer, grpo_trainer
from audsem_data.train.recipe import GrpoRecipe

from .conftest import OMNI, QWEN2_AUDIO, recipe_of, row


def trainer_of(model: Path, out: Path, policy: Policy, examples: Dataset, **values: Any) -> HearingGRPOTrainer:
    settings = {"batch": 6, "max_completion": 8, "generations": 6, "learning_rate": 2e-3, **values}
    settings["trainer"] = {"max_steps": 2, "logging_steps": 1, **settings.get("trainer", {})}
    trainer = grpo_trainer(recipe_of(GrpoRecipe, model, out, **settings), policy, examples)
    trainer.current_gradient_accumulation_steps = 1  # as `train` sets it
    return trainer


@pytest.mark.parametrize("model", [OMNI, pytest.param(QWEN2_AUDIO, marks=pytest.mark.drill)], indirect=True)
def test_the_reward_rises_on_what_can_be_learned(
    model: Path,
    tmp_path: Path,
    examples: Dataset,
    policy_of: Callable[..., Policy],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def vowels(completions: list[Any], **_: Any) -> list[float]:
        texts = [one[-1]["content"] for one in completions]
        return [sum(letter in "aeiou" for letter in text) / max(len(text), 1) for text in texts]

    monkeypatch.setattr(grpo, "rewards_of", lambda *_: [vowels, vowels, vowels])
    steps = {"max_steps": 25, "generation_batch_size": 12}
    settings = {"beta": 0.0, "batch": 12, "learning_rate": 1e-2, "trainer": steps}
    trainer = trainer_of(model, tmp_path, policy_of(), examples, **settings)
    trainer.train()
    rewards = [line["reward"] / 3 for line in trainer.state.log_history if "reward" in line]
    first, last = sum(rewards[:5]) / 5, sum(rewards[-5:]) / 5
    sys.stdout.write(f"reward {first:.3f} -> {last:.3f}\n")
    assert last > first + 0.2


@pytest.mark.parametrize("tuning", ["full", "lora"])
def test_policy_and_reference_hear_the_sound(
    model: Path, tmp_path: Path, policy_of: Callable[..., Policy], tuning: str
) -> None:
    """Two rows that differ in their sound alone have other likelihoods of the same completion, in every pass."""
    rows = [row(0, "low"), {**row(0, "low"), "audio": row(1, "high")["audio"]}]
    trainer = trainer_of(
        model, tmp_path, policy_of(tuning=tuning), Dataset.from_list(rows), tuning=tuning, generations=2, batch=2
    )
    heard: list[torch.Tensor] = []
    seen = HearingGRPOTrainer._get_per_token_logps_and_entropies

    def watching(self: Any, model: Any, input_ids: torch.Tensor, *rest: Any, **more: Any) -> Any:
        input_ids[1] = input_ids[0]  # the same question and the same completion
        rest[0][1] = rest[0][0]
        found = seen(self, model, input_ids, *rest, **more)
        heard.append(found[0].detach())
        return found

    HearingGRPOTrainer._get_per_token_logps_and_entropies = watching  # type: ignore[method-assign]
    try:
        batch = [dict(one) for one in trainer.train_dataset]
        made = trainer._generate_and_score_completions(batch)
        loss = trainer._compute_loss(trainer.model, made)
    finally:
        HearingGRPOTrainer._get_per_token_logps_and_entropies = seen  # type: ignore[method-assign]
    assert len(heard) == 2  # the reference, and the policy
    for logps in heard:
        assert (logps[0] - logps[1]).abs().max() > 1e-5
    assert torch.isfinite(loss)


def test_a_gradient_reaches_the_audio_projector(
    model: Path, tmp_path: Path, examples: Dataset, policy_of: Callable[..., Policy]
) -> None:
    trainer = trainer_of(model, tmp_path, policy_of(), examples)
    made = trainer._generate_and_score_completions([dict(one) for one in trainer.train_dataset.select([0] * 6)])
    made["advantages"] = torch.linspace(-1, 1, 6)
    trainer._compute_loss(trainer.model, made).backward()  # type: ignore[no-untyped-call]
    names = ("multi_modal_projector", "audio_tower.proj")
    projectors = [p for name, p in trainer.model.named_parameters() if any(one in name for one in names)]
    assert projectors
    assert all(p.grad is not None and p.grad.abs().max() > 0 for p in projectors)


def test_features_stay_with_their_rows(
    model: Path, tmp_path: Path, examples: Dataset, policy_of: Callable[..., Policy]
) -> None:
    """Rows are shuffled and split between generation and loss; their features are shuffled and split with them."""
    trainer = trainer_of(
        model, tmp_path, policy_of(), examples, batch=2, trainer={"generation_batch_size": 6, "max_steps": 1}
    )
    rows = [dict(one) for one in trainer.train_dataset.select([0, 0, 0, 1, 1, 1])]
    for one in rows[3:]:  # so that prompts tell rows apart
        one["prompt"] = [*one["prompt"][:1], {**one["prompt"][1], "content": [{"type": "audio"}]}]
    expected = {}
    for number in (0, 3):
        ids, _, features = _asked(trainer, rows[number])
        expected[tuple(ids)] = features
    for _ in range(3):
        batch = trainer._prepare_inputs(rows)
        for ids, mask, features in zip(
            batch["prompt_ids"], batch["prompt_mask"], batch["input_features"], strict=True
        ):
            torch.testing.assert_close(features, expected[tuple(ids[mask.bool()].tolist())])
        trainer._step += 1


def _asked(trainer: HearingGRPOTrainer, one: dict[str, Any]) -> tuple[list[int], None, torch.Tensor]:
    trainer._rows = [one]
    [ids], _, features = trainer._tokenize_prompts([one["prompt"]])
    return ids, None, features["input_features"][0]
