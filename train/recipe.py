"""Training recipes: YAML files with the paper's values, each of which can be changed."""

from pathlib import Path
from typing import Any, Literal, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from audsem_data.core.errors import UsageError

Task = Literal["captioning", "mc_qa", "open_qa", "creative_writing"]
Variant = Literal["simple", "semantic"]
Some = TypeVar("Some", bound="Recipe")


class Lora(BaseModel):
    """The adapter; the paper says "projection layers", the values are those of its code."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rank: int = Field(8, ge=1)
    alpha: int = Field(16, ge=1)
    dropout: float = Field(0.05, ge=0, lt=1)
    projections: tuple[str, ...] = ("q_proj", "v_proj")


class Recipe(BaseModel):
    """What both ways of training have in common."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: str = Field(description="a dataset's folder, or OWNER/NAME on the Hub")
    revision: str | None = Field(None, description="tag, branch or commit of the dataset")
    out: Path = Field(description="folder for checkpoints, the adapter and its card")
    model: str = Field("Qwen/Qwen2.5-Omni-7B", description="folder, or name on the Hub (paper: this one)")
    model_revision: str | None = Field(None, description="commit of the model")
    tasks: tuple[Task, ...] = Field(
        ("captioning", "mc_qa", "open_qa", "creative_writing"), description="what is trained on; interleaved"
    )
    variant: Variant = Field("semantic", description="without or with descriptors")
    split: str = "train"
    limit: int | None = Field(None, ge=1, description="most examples of a task; null: all")
    tuning: Literal["lora", "full"] = "lora"
    lora: Lora = Lora()
    from_scratch: bool = Field(False, description="random weights of the model's architecture (paper's ablation)")
    precision: Literal["bfloat16", "float32"] = "bfloat16"
    seed: int = 42
    push_to: str | None = Field(None, description="OWNER/NAME of a model on the Hub that gets the result")
    trainer: dict[str, Any] = Field({}, description="any other option of the trainer: max_steps, report_to ...")


class SftRecipe(Recipe):
    """Supervised fine-tuning (paper, section 4.1)."""

    learning_rate: float = Field(2e-4, gt=0)
    batch: int = Field(4, ge=1, description="examples a device and step")
    epochs: float = Field(1.0, gt=0)


class GrpoRecipe(Recipe):
    """Reinforcement on multiple choice (paper, section 4.2); rewards are summed with their weights."""

    tasks: tuple[Task, ...] = ("mc_qa",)
    learning_rate: float = Field(1e-6, gt=0, description="the paper gives none; the authors' code")
    batch: int = Field(2, ge=1, description="completions a device and step")
    generations: int = Field(6, ge=2, description="completions of a prompt (paper: k = 6)")
    beta: float = Field(0.01, ge=0, description="weight of the distance to the reference model")
    epochs: float = Field(1.0, gt=0)
    target_words: int = Field(25, ge=1, description="of thinking")
    alpha: float = Field(0.1, gt=0)
    delta: float = Field(0.5, ge=0)
    match: Literal["both", "letter", "text"] = Field("both", description="what of an answer must be right")
    weights: tuple[float, float, float] = Field((1.0, 1.0, 1.0), description="of accuracy, format, length")
    max_completion: int = Field(512, ge=1, description="most tokens of a completion")

    @model_validator(mode="after")
    def _only_choices(self) -> Self:
        if self.tasks != ("mc_qa",):
            raise ValueError("tasks must be [mc_qa]: only there an answer can be checked")
        return self


def load_recipe(kind: type[Some], path: Path, settings: tuple[str, ...] = ()) -> Some:
    """Return the recipe of a YAML file with `name=value` settings over it, `lora.rank=4` too; raises UsageError."""
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        for setting in settings:
            name, equals, value = setting.partition("=")
            if not equals:
                raise UsageError(f"--set {setting}: expected name=value")
            _set(values, name.split("."), yaml.safe_load(value))
        return kind.model_validate(values)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, TypeError) as error:
        raise UsageError(f"{path} cannot be read as a recipe: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def _set(values: dict[str, Any], names: list[str], value: Any) -> None:
    for name in names[:-1]:
        values = values.setdefault(name, {})
    values[names[-1]] = value
