"""What both trainers are told alike, from a recipe."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerState
from transformers.trainer_utils import get_last_checkpoint

from audsem_data.train.adapter_card import CARD
from audsem_data.train.recipe import GrpoRecipe, SftRecipe


def options_of(recipe: SftRecipe | GrpoRecipe) -> dict[str, Any]:
    """Return the trainer's arguments: the paper's values, then whatever the recipe's `trainer` says otherwise."""
    return {
        "output_dir": str(recipe.out),
        "learning_rate": recipe.learning_rate,
        "lr_scheduler_type": "linear",
        "per_device_train_batch_size": recipe.batch,
        "num_train_epochs": recipe.epochs,
        "bf16": recipe.precision == "bfloat16",
        "use_cpu": not torch.cuda.is_available(),
        "activation_checkpointing": True,
        "activation_checkpointing_kwargs": {"use_reentrant": False},
        "remove_unused_columns": False,
        "seed": recipe.seed,
        "logging_steps": 10,
        "save_total_limit": 2,
        "report_to": "none",
        **recipe.trainer,
    }


def last_checkpoint(recipe: SftRecipe | GrpoRecipe) -> str | None:
    """Return the checkpoint that a run cut short goes on from; None where there is none."""
    return get_last_checkpoint(str(recipe.out)) if recipe.out.is_dir() else None  # type: ignore[no-untyped-call]


def told(recipe: SftRecipe | GrpoRecipe, checkpoint: str | None, what: str) -> list[float] | None:
    """Return a column of the log of a run that is finished, whose card is written; None where work is left."""
    if checkpoint is None or not (recipe.out / CARD).is_file():
        return None
    state = TrainerState.load_from_json(str(Path(checkpoint) / "trainer_state.json"))
    return column(state.log_history, what) if state.global_step >= state.max_steps else None


def column(history: Sequence[Mapping[str, Any]], what: str) -> list[float]:
    """Return a column of a trainer's log."""
    return [float(line[what]) for line in history if what in line]
