"""Fine-tune a sequence classifier on labelled captions, measure it on captions not seen, write its card.

Source: paper, section 3 (BERT, a thousand captions).
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    EarlyStoppingCallback,
    Trainer,
    TrainingArguments,
)
from transformers.trainer_utils import get_last_checkpoint

from audsem_data.core.model import Device
from audsem_data.models.caption_classifier import CALIBRATION, LONGEST, SOUND, CaptionClassifier
from audsem_data.models.placement import torch_device
from audsem_data.models.pretrained import load_pretrained
from audsem_data.train.labelled import Labelled, Split, read_labelled, split_labelled
from audsem_data.train.scoring import Metrics, fit_temperature, measure

METRICS, CARD = "metrics.json", "README.md"


@dataclass(frozen=True)
class Training:
    """How to train.

    Attributes:
        base: folder of the model to begin with.
        epochs: at most so many; fewer when the validation loss has not fallen for `patience` of them.
    """

    base: Path
    epochs: int = 10
    patience: int = 3
    batch: int = 32
    learning_rate: float = 5e-5
    seed: int = 42


def train_classifier(labelled: Path, out: Path, training: Training, device: Device) -> Metrics:
    """Train into the folder `out`, from its last epoch if a run was cut short; return what the test part measures.

    Writes the model, calibration.json, metrics.json and a model card. Raises InputError for labels that cannot be
    trained on.
    """
    split = split_labelled(read_labelled(labelled), training.seed)
    scratch = out / "epochs"
    trainer = _trainer(split, scratch, training, device)
    last = get_last_checkpoint(str(scratch)) if scratch.is_dir() else None  # type: ignore[no-untyped-call]
    trainer.train(resume_from_checkpoint=last)
    trainer.save_model(str(out))
    classifier = CaptionClassifier(out, device)
    temperature = fit_temperature(classifier.margins(_texts(split.validation)), _labels(split.validation))
    (out / CALIBRATION).write_text(json.dumps({"temperature": round(temperature, 6)}))
    before = _measured(classifier, split.test)
    metrics = _measured(CaptionClassifier(out, device), split.test)
    facts = {
        "test": metrics._asdict(),
        "test_before_calibration": before._asdict(),
        "temperature": temperature,
        "epochs": trainer.state.epoch,
        "captions": {name: len(part) for name, part in split._asdict().items()},
        "training": {**asdict(training), "base": training.base.name},
        "labelled": labelled.name,
    }
    (out / METRICS).write_text(json.dumps(facts, indent=1))
    (out / CARD).write_text(_card(facts))
    return metrics


def _trainer(split: Split, scratch: Path, training: Training, device: Device) -> Trainer:
    labels = {0: "other", 1: SOUND}
    tokenizer = load_pretrained(AutoTokenizer, training.base)
    torch.manual_seed(training.seed)  # the new head's weights
    names = {"id2label": labels, "label2id": {name: key for key, name in labels.items()}}
    model = load_pretrained(AutoModelForSequenceClassification, training.base, **names)
    arguments = TrainingArguments(
        output_dir=str(scratch),
        num_train_epochs=training.epochs,
        per_device_train_batch_size=training.batch,
        per_device_eval_batch_size=training.batch,
        learning_rate=training.learning_rate,
        weight_decay=0.01,
        warmup_steps=0.1,
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model="eval_loss",
        seed=training.seed,
        report_to=[],
        disable_tqdm=True,
        logging_strategy="no",
        use_cpu=torch_device(device).type == "cpu",
        dataloader_pin_memory=False,
    )
    return Trainer(
        model=model,
        args=arguments,
        train_dataset=_Encoded(split.train, tokenizer),
        eval_dataset=_Encoded(split.validation, tokenizer),
        processing_class=tokenizer,
        callbacks=[EarlyStoppingCallback(training.patience)],
    )


class _Encoded(torch.utils.data.Dataset[dict[str, Any]]):
    """Tokens and labels; the trainer's collator pads them."""

    def __init__(self, rows: Sequence[Labelled], tokenizer: Any) -> None:
        self._rows = [
            {**tokenizer(row.text, truncation=True, max_length=LONGEST), "labels": row.label} for row in rows
        ]

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self._rows[index]


def _measured(classifier: CaptionClassifier, rows: Sequence[Labelled]) -> Metrics:
    return measure(classifier(_texts(rows)), _labels(rows))


def _texts(rows: Sequence[Labelled]) -> list[str]:
    return [row.text for row in rows]


def _labels(rows: Sequence[Labelled]) -> list[int]:
    return [row.label for row in rows]


def _card(facts: dict[str, Any]) -> str:
    test, counts = facts["test"], facts["captions"]
    return f"""---
library_name: transformers
pipeline_tag: text-classification
base_model: {facts["training"]["base"]}
---

# Does a caption describe a sound?

A sequence classifier of captions for deaf and hard-of-hearing viewers, made by
`audsem-data train-caption-classifier`. Label `{SOUND}`: the caption describes a sound, such as "door slams";
`other`: it does not, such as "speaking Spanish" or "three days later".

Trained on {counts["train"]} captions of `{facts["labelled"]}`, stopped by {counts["validation"]} others. On the
{counts["test"]} that it has not seen: precision {test["precision"]:.3f}, recall {test["recall"]:.3f},
F1 {test["f1"]:.3f}, calibration error {test["ece"]:.3f} (temperature {facts["temperature"]:.3f}, fitted on the
validation part). Captions of one source and one author say little of others: measure it on yours.
"""
