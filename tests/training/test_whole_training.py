"""From a dataset that the tool made to a trained model, by the commands that users run."""

import json
import shutil
from pathlib import Path

import pytest
import yaml
from pipeline.conftest import built, made  # noqa: F401  (fixtures)

from audsem_data.core.errors import InputError
from audsem_data.train.conversations import load_examples
from audsem_data.train.grpo import reinforce
from audsem_data.train.recipe import GrpoRecipe, SftRecipe
from audsem_data.train.sft import fine_tune

from .conftest import OMNI, recipe_of


@pytest.fixture
def dataset(built: Path) -> Path:  # noqa: F811
    return built / "audsem"


def test_a_dataset_trains_a_model_and_its_card_says_so(
    dataset: Path, saved: dict[str, Path], tmp_path: Path
) -> None:
    steps = {"max_steps": 2, "logging_steps": 1, "save_strategy": "steps", "save_steps": 1}
    settings = {"dataset": str(dataset), "tuning": "lora", "limit": 4, "batch": 2, "trainer": steps}
    recipe = recipe_of(SftRecipe, saved[OMNI], tmp_path / "out", **settings)
    losses = fine_tune(recipe)
    assert len(losses) == 2
    assert fine_tune(recipe) == losses  # nothing is left to do
    card = (tmp_path / "out" / "README.md").read_text()
    header = yaml.safe_load(card.split("---")[1])
    assert header == {"library_name": "peft", "tags": ["audio", "audsem"]}  # neither is on the Hub
    assert f"on `{dataset}` at revision `main`" in card
    assert json.loads((tmp_path / "out" / "recipe.json").read_text())["limit"] == 4
    assert (tmp_path / "out" / "adapter_model.safetensors").is_file()


def test_multiple_choice_is_reinforced(dataset: Path, saved: dict[str, Path], tmp_path: Path) -> None:
    settings = {"dataset": str(dataset), "limit": 3, "batch": 6, "max_completion": 4}
    recipe = recipe_of(GrpoRecipe, saved[OMNI], tmp_path, **settings, trainer={"max_steps": 1, "logging_steps": 1})
    [reward] = reinforce(recipe)
    assert 0 <= reward <= 3


def test_examples_are_those_of_the_tasks_in_one_order(
    dataset: Path, saved: dict[str, Path], tmp_path: Path
) -> None:
    recipe = recipe_of(SftRecipe, saved[OMNI], tmp_path).model_copy(update={"dataset": str(dataset), "limit": 5})
    examples = load_examples(recipe)
    tasks = examples["task"]
    assert {task: tasks.count(task) for task in recipe.tasks} == dict.fromkeys(recipe.tasks, 5)
    assert tasks != sorted(tasks)  # interleaved
    assert load_examples(recipe)["example_id"] == examples["example_id"]
    other = recipe.model_copy(update={"seed": 7})
    assert load_examples(other)["example_id"] != examples["example_id"]
    with pytest.raises(InputError, match="no split nowhere; splits: "):
        load_examples(recipe.model_copy(update={"split": "nowhere"}))
    shutil.copytree(dataset, tmp_path / "cut", ignore=shutil.ignore_patterns("mc_qa", "README.md"))
    with pytest.raises(InputError, match="no config"):
        load_examples(recipe.model_copy(update={"dataset": str(tmp_path / "cut")}))
