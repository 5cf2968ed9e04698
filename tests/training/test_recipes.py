"""Training recipes: those that ship are read by the installed trainers; bad ones are refused."""

from pathlib import Path

import pytest
import yaml
from trl import GRPOConfig, SFTConfig
from typer.testing import CliRunner

from audsem_data.core.errors import UsageError
from audsem_data.train.cli import app
from audsem_data.train.recipe import GrpoRecipe, SftRecipe, load_recipe
from audsem_data.train.trainer_options import options_of

CONFIGS = Path(__file__).resolve().parents[2] / "train" / "configs"


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*-omni-*.yaml")), ids=lambda path: path.stem)
def test_the_shipped_recipes_are_what_the_trainers_take(path: Path) -> None:
    recipe: SftRecipe | GrpoRecipe
    if path.stem.startswith("sft"):
        recipe = load_recipe(SftRecipe, path, ("precision=float32",))
        made = SFTConfig(**{**options_of(recipe), "report_to": "none"})
    else:
        recipe = load_recipe(GrpoRecipe, path, ("precision=float32",))
        groups = {"num_generations": recipe.generations, "generation_batch_size": recipe.generations}
        made = GRPOConfig(**{**options_of(recipe), "report_to": "none", **groups})
    assert made.learning_rate == recipe.learning_rate
    assert made.lr_scheduler_type == "linear"


def test_the_papers_values() -> None:
    sft = load_recipe(SftRecipe, CONFIGS / "sft-omni-7b.yaml")
    assert (sft.learning_rate, sft.batch, sft.epochs, sft.tuning, sft.precision) == (2e-4, 4, 1, "lora", "bfloat16")
    grpo = load_recipe(GrpoRecipe, CONFIGS / "grpo-omni-7b.yaml")
    assert (grpo.generations, grpo.beta, grpo.batch, grpo.target_words) == (6, 0.01, 2, 25)
    assert (grpo.alpha, grpo.delta) == (0.1, 0.5)


@pytest.mark.parametrize(
    "path", [CONFIGS / "zero3-4gpu.yaml", CONFIGS / "one-gpu.yaml"], ids=lambda path: path.stem
)
def test_accelerate_reads_its_configs(path: Path) -> None:
    from accelerate.commands.config.config_args import ClusterConfig  # type: ignore[import-untyped]

    config = ClusterConfig.from_yaml_file(str(path))
    assert config.mixed_precision == "bf16"
    assert config.num_processes == (4 if "zero3" in path.stem else 1)


def test_settings_change_any_value(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(yaml.safe_dump({"dataset": "d", "out": "o"}))
    recipe = load_recipe(SftRecipe, tmp_path / "r.yaml", ("lora.rank=4", "tasks=[mc_qa]", "trainer.max_steps=3"))
    assert (recipe.lora.rank, recipe.tasks, recipe.trainer) == (4, ("mc_qa",), {"max_steps": 3})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("dataset: d", "out: Field required"),
        ("dataset: d\nout: o\nlerning_rate: 1", "lerning_rate"),
        ("dataset: d\nout: o\ntasks: [captioning]", "mc_qa"),
        ("[", "cannot be read"),
    ],
)
def test_a_bad_recipe_is_refused_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "r.yaml").write_text(text)
    with pytest.raises(UsageError, match=said):
        load_recipe(GrpoRecipe, tmp_path / "r.yaml")


def test_scores_from_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "q.json").write_text('[{"id": 1, "answer": "Man", "choices": ["Man", "Woman"], "task": "speech"}]')
    (tmp_path / "p.json").write_text('{"1": "A. Man"}')
    done = CliRunner().invoke(
        app, ["evaluate", "score", str(tmp_path / "p.json"), "--data", str(tmp_path / "q.json")]
    )
    assert done.exit_code == 0, done.output
    assert "| all | 1 | 1 | 100.00% | 100.00% |" in done.output
