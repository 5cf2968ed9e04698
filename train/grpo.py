"""Reinforcement on multiple choice by GRPO: TRL's trainer, extended so that policy and reference hear the sound.

TRL hands images to generation and to the log-probabilities, and no sound. Here the features of a batch's sounds are
held where its prompts are tokenized, given to generation, and to every forward pass over the same rows.
Source: paper, section 4.2: six completions a prompt, beta 0.01, batches of two, a thinking budget of 25 words.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from datasets import Dataset
from trl import GRPOConfig, GRPOTrainer

from audsem_data.train.adapter_card import write_card
from audsem_data.train.audio_models import Policy, load_policy, push
from audsem_data.train.conversations import load_examples, prompt_of, sound_of
from audsem_data.train.recipe import GrpoRecipe
from audsem_data.train.rewards import rewards_of
from audsem_data.train.sounds_and_texts import SoundsAndTexts
from audsem_data.train.trainer_options import column, last_checkpoint, options_of, told
from audsem_data.train.training_text import answer_of

Features = dict[str, torch.Tensor]


class HearingModel:
    """A model together with the features of the rows that it is about to be given."""

    def __init__(self, model: Any, features: Features) -> None:
        self._model, self._features = model, features

    def __call__(self, **inputs: Any) -> Any:
        """Return what the model makes of its inputs and the features."""
        return self._model(**inputs, **self._features)


class HearingGRPOTrainer(GRPOTrainer):  # type: ignore[misc]  # TRL's types are not read
    """GRPO whose rows have a sound each, in the column `audio`."""

    def __init__(self, *arguments: Any, inputs: SoundsAndTexts, **named: Any) -> None:
        """Take TRL's arguments, and what makes the model's inputs."""
        self._inputs = inputs
        self._features: Features = {}
        self._rows: Sequence[Mapping[str, Any]] = ()
        super().__init__(*arguments, **named)

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        self._rows = inputs
        made: dict[str, Any] = super()._generate_and_score_completions(inputs)
        return {**made, **self._features}  # so that they are shuffled and split as the rows are

    def _tokenize_prompts(self, prompts: list[Any]) -> tuple[list[list[int]], None, Features]:
        sounds = [sound_of(row, self._inputs.rate) for row in self._rows]
        heard = self._inputs(prompts, sounds)
        self._features = {name: tensor.to(self.accelerator.device) for name, tensor in heard.features.items()}
        return heard.ids, None, heard.features

    def _compute_loss(self, model: Any, inputs: dict[str, Any]) -> torch.Tensor:
        self._features = {
            name: inputs[name] for name in self._features or ("input_features", "feature_attention_mask")
        }
        loss: torch.Tensor = super()._compute_loss(model, inputs)
        return loss

    def _get_per_token_logps_and_entropies(
        self,
        model: Any,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        logits_to_keep: int,
        batch_size: int | None = None,
        **more: Any,
    ) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor | None]:
        size = batch_size or len(input_ids)
        parts = []
        for begin in range(0, len(input_ids), size):
            rows = slice(begin, begin + size)
            hearing = HearingModel(model, {name: tensor[rows] for name, tensor in self._features.items()})
            parts.append(
                super()._get_per_token_logps_and_entropies(
                    hearing, input_ids[rows], attention_mask[rows], logits_to_keep, **more
                )
            )
        logps, entropies, losses = zip(*parts, strict=True)
        return (
            torch.cat(logps),
            _joined(entropies, torch.cat),
            _joined(losses, lambda held: torch.stack(held).mean()),
        )


def _joined(parts: Any, join: Any) -> torch.Tensor | None:
    return None if parts[0] is None else join(list(parts))


def grpo_trainer(recipe: GrpoRecipe, policy: Policy, examples: Dataset) -> HearingGRPOTrainer:
    """Return the trainer of a recipe, not yet run."""
    arguments = GRPOConfig(
        **{"generation_batch_size": recipe.generations, **options_of(recipe)},
        num_generations=recipe.generations,
        max_completion_length=recipe.max_completion,
        beta=recipe.beta,
        reward_weights=list(recipe.weights),
        generation_kwargs={"suppress_tokens": policy.placeholders},
    )
    return HearingGRPOTrainer(
        policy.model,
        inputs=policy.inputs,
        args=arguments,
        reward_funcs=rewards_of(recipe.match, recipe.target_words, recipe.alpha, recipe.delta),
        train_dataset=examples.map(_row, fn_kwargs={"words": recipe.target_words}, keep_in_memory=True),
        processing_class=policy.inputs.tokenizer,
        peft_config=policy.adapter,
    )


def _row(row: Mapping[str, Any], words: int) -> dict[str, Any]:
    return {"prompt": prompt_of(row, words), "answer": answer_of(row)}


def reinforce(recipe: GrpoRecipe) -> list[float]:
    """Train into the folder of a recipe, from its last checkpoint if a run was cut short; return the mean rewards.

    Raises:
        InputError: the dataset lacks what the recipe names.
        UsageError: a model of another kind.
    """
    checkpoint = last_checkpoint(recipe)
    if (finished := told(recipe, checkpoint, "reward")) is not None:
        return finished
    policy = load_policy(recipe, checkpoint)
    trainer = grpo_trainer(recipe, policy, load_examples(recipe))
    trainer.train(resume_from_checkpoint=checkpoint)
    trainer.save_model(str(recipe.out))
    policy.inputs.save(recipe.out)
    write_card(recipe, "GRPO", trainer.state.log_history)
    if recipe.push_to:
        push(recipe.push_to, recipe.out)
    return column(trainer.state.log_history, "reward")
