"""The card of a trained model: what it was made of, and by which recipe."""

import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from audsem_data.train.recipe import Recipe

CARD = "README.md"


def write_card(recipe: Recipe, method: str, history: Sequence[Mapping[str, Any]]) -> None:
    """Write README.md and recipe.json into the folder of a recipe; its header names what is on the Hub."""
    told = recipe.model_dump(mode="json")
    header = {
        "library_name": "peft" if recipe.tuning == "lora" else "transformers",
        "tags": ["audio", "audsem"],
        **({} if Path(recipe.model).exists() else {"base_model": recipe.model}),
        **({} if Path(recipe.dataset).exists() else {"datasets": [recipe.dataset]}),
    }
    steps = max((int(line["step"]) for line in history if "step" in line), default=0)
    lines = [
        "---",
        yaml.safe_dump(header, sort_keys=False).rstrip(),
        "---",
        "",
        f"# {recipe.model} after {method}",
        "",
        f"Trained by audsem-data {version('audsem-data')} on `{recipe.dataset}` at revision "
        f"`{recipe.revision or 'main'}`: "
        f"{', '.join(recipe.tasks)}, {recipe.variant}; {steps} steps. `recipe.json` holds every option.",
        "",
        "It has the limits of its base model and of its data, and its base model's licence holds for it.",
        "",
    ]
    (recipe.out / CARD).write_text("\n".join(lines), encoding="utf-8")
    (recipe.out / "recipe.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
