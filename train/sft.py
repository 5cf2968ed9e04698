"""Supervised fine-tuning: TRL's trainer over a dataset's sounds, learning the completion alone.

Source: paper, section 4.1: AdamW, 2e-4, linear, bfloat16, batches of four, one epoch, LoRA.
"""

from datasets import Dataset
from trl import SFTConfig, SFTTrainer

from audsem_data.train.adapter_card import write_card
from audsem_data.train.audio_models import Policy, load_policy, push
from audsem_data.train.collator import Collator
from audsem_data.train.conversations import load_examples
from audsem_data.train.recipe import SftRecipe
from audsem_data.train.trainer_options import column, last_checkpoint, options_of, told


def sft_trainer(recipe: SftRecipe, policy: Policy, examples: Dataset) -> SFTTrainer:
    """Return the trainer of a recipe, not yet run; raises UsageError."""
    arguments = SFTConfig(
        **options_of(recipe),
        dataset_kwargs={"skip_prepare_dataset": True},
        max_length=None,
    )
    return SFTTrainer(
        policy.model,
        args=arguments,
        data_collator=Collator(policy.inputs),
        train_dataset=examples,
        processing_class=policy.inputs.tokenizer,
        peft_config=policy.adapter,
    )


def fine_tune(recipe: SftRecipe) -> list[float]:
    """Train into the folder of a recipe, from its last checkpoint if a run was cut short; return the losses.

    Writes the adapter, or the whole model, what makes its inputs, and a card that names dataset and revision.

    Raises:
        InputError: the dataset lacks what the recipe names.
        UsageError: a model of another kind.
    """
    checkpoint = last_checkpoint(recipe)
    if (finished := told(recipe, checkpoint, "loss")) is not None:
        return finished
    policy = load_policy(recipe, checkpoint)
    trainer = sft_trainer(recipe, policy, load_examples(recipe))
    trainer.train(resume_from_checkpoint=checkpoint)
    trainer.save_model(str(recipe.out))
    policy.inputs.save(recipe.out)
    write_card(recipe, "supervised fine-tuning", trainer.state.log_history)
    if recipe.push_to:
        push(recipe.push_to, recipe.out)
    return column(trainer.state.log_history, "loss")
