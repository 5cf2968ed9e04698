"""Fine-tuning with tiny models: it learns by heart, hears the sound, and goes on after a kill as if nothing was."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset
from peft import PeftModel

from audsem_data.train.audio_models import Policy, merge
from audsem_data.train.collator import Collator
from audsem_data.train.recipe import SftRecipe
from audsem_data.train.sft import sft_trainer

from .conftest import recipe_of, row


def losses(
    model: Path, out: Path, examples: Dataset, policy: Policy, resume: bool = False, **values: object
) -> list[float]:
    recipe = recipe_of(SftRecipe, model, out, learning_rate=5e-3, batch=5, **values)
    trainer = sft_trainer(recipe, policy, examples)
    trainer.train(resume_from_checkpoint=resume or None)
    return [line["loss"] for line in trainer.state.log_history if "loss" in line]


def test_it_learns_ten_examples_by_heart(
    model: Path, tmp_path: Path, examples: Dataset, policy_of: Callable[..., Policy]
) -> None:
    found = losses(model, tmp_path, examples, policy_of(), trainer={"max_steps": 25, "logging_steps": 1})
    sys.stdout.write(f"loss {found[0]:.3f} -> {found[-1]:.3f}\n")
    assert found[-1] < 0.5 * found[0]


def test_only_the_sound_changes_what_is_likely_and_its_projector_learns(
    model: Path, examples: Dataset, policy_of: Callable[..., Policy]
) -> None:
    policy = policy_of()
    rows = [row(0, "low"), {**row(0, "low"), "audio": row(1, "high")["audio"]}]
    batch = Collator(policy.inputs)(rows)
    assert (batch["input_ids"][0] == batch["input_ids"][1]).all()
    output = policy.model.train()(**batch)
    assert (output.logits[0] - output.logits[1]).abs().max() > 1e-4
    output.loss.backward()
    projectors = [
        p
        for name, p in policy.model.named_parameters()
        if "multi_modal_projector" in name or "audio_tower.proj" in name
    ]
    assert projectors
    assert all(p.grad is not None and p.grad.abs().max() > 0 for p in projectors)


@pytest.mark.parametrize("tuning", ["full", "lora"])
def test_a_run_cut_short_goes_on_along_the_same_curve(
    model: Path, tmp_path: Path, examples: Dataset, policy_of: Callable[..., Policy], tuning: str
) -> None:
    steps = {"max_steps": 8, "logging_steps": 1, "save_strategy": "steps", "save_steps": 4}
    settings: dict[str, Any] = {"trainer": steps, "tuning": tuning, "lora": {"dropout": 0.0}}
    whole = losses(model, tmp_path / "run", examples, policy_of(**settings), **settings)
    shutil.rmtree(tmp_path / "run" / "checkpoint-8")  # as if it had been killed after the first four steps
    policy = policy_of(tmp_path / "run" / "checkpoint-4", **settings)
    resumed = losses(model, tmp_path / "run", examples, policy, resume=True, **settings)
    assert resumed == pytest.approx(whole, rel=1e-4)


def test_adapters_save_load_merge_and_generate(
    model: Path, tmp_path: Path, examples: Dataset, policy_of: Callable[..., Policy]
) -> None:
    policy = policy_of(tuning="lora")
    recipe = recipe_of(
        SftRecipe, model, tmp_path / "adapter", tuning="lora", learning_rate=1e-2, trainer={"max_steps": 3}
    )
    trainer = sft_trainer(recipe, policy, examples)
    trained = {name for name, p in trainer.model.named_parameters() if p.requires_grad}
    assert trained
    assert all("language_model" in name and "lora_" in name for name in trained)
    trainer.train()
    trainer.save_model(str(recipe.out))
    batch = {
        name: tensor for name, tensor in Collator(policy.inputs)(list(examples)[:2]).items() if name != "labels"
    }
    with torch.inference_mode():
        wanted = trainer.model.eval()(**batch).logits
        again = PeftModel.from_pretrained(policy_of().model, recipe.out).eval()(**batch).logits
        merge(recipe.out, str(model), tmp_path / "merged", "float32")
        merged: Any = policy_of().model.from_pretrained(tmp_path / "merged")
        merged.eval()
        torch.testing.assert_close(again, wanted, atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(merged(**batch).logits, wanted, atol=1e-4, rtol=1e-3)
        written = merged.generate(**batch, max_new_tokens=4, do_sample=False)
    assert written.shape[1] == batch["input_ids"].shape[1] + 4
