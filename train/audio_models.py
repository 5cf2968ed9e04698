"""The models that the recipes train: how each is loaded, what adapters are put on, what its special tokens are.

Source: model cards of Qwen/Qwen2.5-Omni-7B and Qwen/Qwen2-Audio-7B-Instruct.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from huggingface_hub import HfApi
from peft import LoraConfig, PeftModel
from transformers import (
    AutoConfig,
    PreTrainedModel,
    Qwen2_5OmniThinkerForConditionalGeneration,
    Qwen2AudioForConditionalGeneration,
)

from audsem_data.core.errors import UsageError
from audsem_data.train.recipe import Recipe
from audsem_data.train.sounds_and_texts import SoundsAndTexts

_OMNI, _QWEN2_AUDIO = ("qwen2_5_omni", "qwen2_5_omni_thinker"), ("qwen2_audio",)
# The language model's projections, not the audio tower's, which have the same names.
_PROJECTIONS = r".*language_model.*\.({names})"


@dataclass(frozen=True)
class Policy:
    """A model to train, what makes its inputs, and the adapter that is put on; None where all of it is trained."""

    model: PreTrainedModel
    inputs: SoundsAndTexts
    adapter: LoraConfig | None

    @property
    def placeholders(self) -> list[int]:
        """The tokens that stand for sound, pictures or video, which a model must never write."""
        config = self.model.config
        names = ("audio_token_id", "image_token_id", "video_token_id")
        return sorted({number for name in names if (number := getattr(config, name, None)) is not None})


def load_policy(recipe: Recipe, checkpoint: str | None = None) -> Policy:
    """Return the model and adapter that a recipe asks for; raises UsageError for a model of another kind.

    Args:
        recipe: what is trained.
        checkpoint: of a run cut short. A whole model's weights are read from it here: the trainer would look for
            them under the names in memory, where files have the published ones, and go on from the beginning.
    """
    revision: dict[str, Any] = {"revision": recipe.model_revision} if recipe.model_revision else {}
    config = AutoConfig.from_pretrained(recipe.model, **revision)
    dtype = torch.bfloat16 if recipe.precision == "bfloat16" else torch.float32
    kind = _class_of(config, recipe.model)
    if checkpoint and recipe.tuning == "full":
        model = kind.from_pretrained(checkpoint, dtype=dtype)
    elif recipe.from_scratch:
        model = kind(getattr(config, "thinker_config", config)).to(dtype)
    else:
        model = kind.from_pretrained(recipe.model, dtype=dtype, **revision)
    return Policy(model, SoundsAndTexts(recipe.model, recipe.model_revision), _adapter(recipe))


def _class_of(config: Any, name: str) -> Any:
    if config.model_type in _OMNI:
        return Qwen2_5OmniThinkerForConditionalGeneration
    if config.model_type in _QWEN2_AUDIO:
        return Qwen2AudioForConditionalGeneration
    raise UsageError(f"{name} is a {config.model_type}; the recipes train Qwen2.5-Omni and Qwen2-Audio")


def _adapter(recipe: Recipe) -> LoraConfig | None:
    if recipe.tuning == "full":
        return None
    lora = recipe.lora
    return LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=_PROJECTIONS.format(names="|".join(lora.projections)),
        task_type="CAUSAL_LM",
    )


def merge(adapter: Path, base: str, out: Path, precision: Literal["float32", "bfloat16"] = "bfloat16") -> None:
    """Write the model that an adapter makes of its base, with its processor, ready to load; raises UsageError."""
    if not (adapter / "adapter_config.json").is_file():
        raise UsageError(f"{adapter} holds no adapter: name the folder that `audsem-train sft` or `grpo` wrote")
    policy = load_policy(Recipe(dataset="", out=out, model=base, tuning="full", precision=precision))
    merged = PeftModel.from_pretrained(policy.model, adapter).merge_and_unload()
    merged.save_pretrained(out)
    policy.inputs.save(out)


def push(name: str, folder: Path) -> None:
    """Send a trained model with its card to a private OWNER/NAME on the Hub, checkpoints left out."""
    api = HfApi()
    api.create_repo(name, exist_ok=True, private=True)
    api.upload_folder(repo_id=name, folder_path=folder, ignore_patterns=["checkpoint-*"])
