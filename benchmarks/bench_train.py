"""One step of fine-tuning and one of GRPO on the real Qwen2.5-Omni-7B Thinker's sizes, with random weights.

Says what a step takes on this machine: peak memory and tokens a second. It needs no network and no weights: the
sizes are those of the published configuration, the tokenizer is of single bytes, the sounds are noise.

    python benchmarks/bench_train.py            # a GPU of 40 GiB or more
    python benchmarks/bench_train.py --tiny     # the tiny Thinker, as where there is no GPU: does the script run?
"""

import argparse
import gc
import io
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
from datasets import Dataset
from transformers import Qwen2_5OmniThinkerConfig, Qwen2_5OmniThinkerForConditionalGeneration, TrainerCallback

from audsem_data.publish.features import RATE, task_schema
from audsem_data.train.audio_models import Policy, load_policy
from audsem_data.train.collator import Collator
from audsem_data.train.grpo import grpo_trainer
from audsem_data.train.recipe import GrpoRecipe, Recipe, SftRecipe
from audsem_data.train.sft import sft_trainer
from audsem_data.train.tiny_omni import save_omni

_IDS = ("audio_token_id", "image_token_id", "video_token_id", "audio_start_token_id", "audio_end_token_id")
# Where the published config.json of Qwen2.5-Omni-7B differs from the class's defaults.
TEXT = {"rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [16, 24, 24]}}
VISION = {"depth": 32, "hidden_size": 1280, "intermediate_size": 3420, "num_heads": 16, "out_hidden_size": 3584}
GPU = torch.cuda.is_available()


class Clock(TrainerCallback):
    """Keeps how long each step takes."""

    def __init__(self) -> None:
        self.steps: list[float] = []

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        self._began = _now()

    def on_step_end(self, *_: Any, **__: Any) -> None:
        self.steps.append(_now() - self._began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each sound")
    parser.add_argument("--most-tokens", type=int, default=128, help="of a completion of GRPO")
    parser.add_argument("--steps", type=int, default=2, help="of each; the last is told, the first warms up")
    options = parser.parse_args()
    options.tiny = options.tiny or not GPU
    with tempfile.TemporaryDirectory() as scratch:
        folder = save_omni(Path(scratch) / "tiny")
        shared = {"dataset": "noise", "model": str(folder), "variant": "simple", "tasks": ("mc_qa",)}
        shared |= {"precision": "bfloat16" if GPU else "float32", "out": Path(scratch) / "out"}
        shared["trainer"] = {"max_steps": options.steps, "save_strategy": "no", "logging_steps": 1}
        examples = Dataset.from_list([example(number, options.seconds) for number in range(8)])
        bench_sft(SftRecipe(**shared), examples, options.tiny)
        # The paper's batch of two on three GPUs is the six completions of a prompt; here one device holds them.
        grpo = GrpoRecipe(**shared, batch=6, max_completion=options.most_tokens)
        bench_grpo(grpo, examples, options.tiny)


def bench_sft(recipe: SftRecipe, examples: Dataset, tiny: bool) -> None:
    policy, clock = policy_of(recipe, tiny), Clock()
    tokens = int(Collator(policy.inputs)(list(examples)[: recipe.batch])["attention_mask"].sum())
    trainer = sft_trainer(recipe, policy, examples)
    trainer.add_callback(clock)
    trainer.train()
    told("SFT", policy, clock, tokens, "tokens of prompt and completion")


def bench_grpo(recipe: GrpoRecipe, examples: Dataset, tiny: bool) -> None:
    policy, clock = policy_of(recipe, tiny), Clock()
    trainer = grpo_trainer(recipe, policy, examples)
    trainer.add_callback(clock)
    trainer.train()
    [*_, length] = [line["completions/mean_length"] for line in trainer.state.log_history if "reward" in line]
    told("GRPO", policy, clock, round(length * recipe.batch), "tokens written, scored and learned")


def told(name: str, policy: Policy, clock: Clock, tokens: int, what: str) -> None:
    size = sum(one.numel() for one in policy.model.parameters()) / 1e9
    memory = f"{torch.cuda.max_memory_allocated() / 2**30:.1f} GiB at most" if GPU else "no GPU"
    device = torch.cuda.get_device_name() if GPU else "processor"
    second = clock.steps[-1]
    rate = f"{tokens / second:.0f} {what} a second"
    print(f"{name}: {size:.2f}e9 weights on {device}; {memory}; step {second:.2f} s; {rate}")


def policy_of(recipe: Recipe, tiny: bool) -> Policy:
    """Return the tiny model that the recipe names, or one of the real sizes with its tokenizer and adapter."""
    if GPU:
        gc.collect()  # what is left of the run before
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    policy = load_policy(recipe)
    if tiny:
        return policy
    ids = {name: getattr(policy.model.config, name) for name in _IDS}
    config: Any = Qwen2_5OmniThinkerConfig(**ids, text_config=TEXT, vision_config=VISION)
    torch.manual_seed(0)
    with torch.device("cuda"):
        kind: Any = Qwen2_5OmniThinkerForConditionalGeneration
        model = kind._from_config(config, dtype=torch.bfloat16)
    model.generation_config.eos_token_id = policy.inputs.tokenizer.eos_token_id
    model.generation_config.pad_token_id = policy.inputs.tokenizer.pad_token_id
    return Policy(model, policy.inputs, policy.adapter)


def example(number: int, seconds: float) -> dict[str, Any]:
    """Return an example of multiple choice whose sound is noise."""
    held = io.BytesIO()
    noise = np.random.default_rng(number).normal(0, 0.1, round(seconds * RATE)).astype(np.float32)
    soundfile.write(held, noise, RATE, format="FLAC", subtype="PCM_16")
    row: dict[str, Any] = dict.fromkeys(task_schema(audio=True).names)
    row |= {"example_id": f"n_{number}", "clip_id": f"n{number}", "task": "mc_qa", "variant": "simple"}
    row |= {"question": "What is heard?", "choices": ["noise", "a dog", "rain", "a bell"], "answer_index": 0}
    return row | {
        "thinking": "It hisses evenly. " * 8,
        "answer": "noise",
        "audio": {"bytes": held.getvalue(), "path": ""},
    }


def _now() -> float:
    if GPU:
        torch.cuda.synchronize()
    return time.perf_counter()


if __name__ == "__main__":
    main()
