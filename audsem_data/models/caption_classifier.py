"""A sequence classifier that says how likely a caption describes a sound, as `train-caption-classifier` makes it.

Source: paper, section 3: a BERT classifier trained on a thousand labelled captions.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from audsem_data.core.errors import ModelError
from audsem_data.core.model import Device
from audsem_data.models.batches import by_length
from audsem_data.models.placement import place
from audsem_data.models.pretrained import load_pretrained

SOUND = "sound"
CALIBRATION = "calibration.json"
LONGEST = 128  # tokens; captions are shorter
_BATCH_TOKENS = 8192


class CaptionClassifier:
    """Scores captions; the score of one does not depend on the others that are scored with it."""

    def __init__(self, folder: Path, device: Device | None = None, dtype: str = "float32") -> None:
        """Load what was trained; raises ModelError that names the folder."""
        model = load_pretrained(AutoModelForSequenceClassification, folder)
        self.tokenizer = load_pretrained(AutoTokenizer, folder)
        if SOUND not in model.config.label2id:
            raise ModelError(f"{folder} is no caption classifier: its labels are {sorted(model.config.label2id)}")
        self._sound = int(model.config.label2id[SOUND])
        self._temperature = _temperature(folder / CALIBRATION)
        self.network = place(model, device or Device(), dtype)

    def __call__(self, captions: Sequence[str]) -> list[float]:
        """Return the calibrated probability that each caption describes a sound."""
        return [float(torch.sigmoid(torch.tensor(margin / self._temperature))) for margin in self.margins(captions)]

    def margins(self, captions: Sequence[str]) -> list[float]:
        """Return the log-odds that each caption describes a sound, before calibration."""
        tokens = [self.tokenizer(text, truncation=True, max_length=LONGEST)["input_ids"] for text in captions]
        margins = [0.0] * len(captions)
        for batch in by_length([len(one) for one in tokens], _BATCH_TOKENS):
            padded = self.tokenizer.pad({"input_ids": [tokens[index] for index in batch]}, return_tensors="pt")
            with torch.inference_mode():
                logits = self.network(**padded.to(self.network.device)).logits.float()
            others = [index for index in range(logits.shape[1]) if index != self._sound]
            found = logits[:, self._sound] - torch.logsumexp(logits[:, others], dim=1)
            for index, margin in zip(batch, found.tolist(), strict=True):
                margins[index] = margin
        return margins


def _temperature(path: Path) -> float:
    try:
        temperature = float(json.loads(path.read_text())["temperature"])
    except FileNotFoundError:
        return 1.0
    except (ValueError, TypeError, KeyError) as error:
        raise ModelError(f"{path} is damaged ({error}); train the classifier again") from error
    if temperature <= 0:
        raise ModelError(f"{path}: a temperature of {temperature} is none; train the classifier again")
    return temperature
