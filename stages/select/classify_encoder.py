"""Score how likely a caption describes a sound by a trained sequence classifier (BERT).

`train-caption-classifier` makes it; `checkpoint` names its folder. Captions are batched by length, and the score
of one does not depend on its batch.
Source: paper, section 3: a BERT classifier, of which this stage stores the probability.
"""

from collections.abc import Sequence
from math import isfinite
from pathlib import Path

import pyarrow as pa

from audsem_data.core.errors import UsageError
from audsem_data.core.model import Device, ModelConfig
from audsem_data.core.outcome import Done, Failed, Outcome
from audsem_data.core.schema import CUE_ID, Column
from audsem_data.core.stage import Item, Needs, Process, stage
from audsem_data.models.reasons import ModelReason
from audsem_data.models.weights import WeightsOf


class ClassifyEncoderConfig(ModelConfig):
    """Which classifier scores."""

    @property
    def unset(self) -> str:
        """Name the classifier: none is published."""
        return (
            ""
            if self.checkpoint
            else (
                "it has no classifier: make one by `audsem-data train-caption-classifier --out DIR` and name it by "
                "--set classify-encoder.checkpoint=DIR"
            )
        )


@stage(
    "classify-encoder",
    version=1,
    needs=[Needs("extract-sdh", ("caption",))],
    emits=[Column("score", pa.float32(), "calibrated probability that the caption describes a sound")],
    config=ClassifyEncoderConfig,
    key=CUE_ID,
    reasons=(ModelReason,),
    batch=4096,
    spooled=True,
    weights=WeightsOf(None),
)
def open_classify_encoder(config: ClassifyEncoderConfig, device: Device) -> Process:
    """Return the process that scores captions."""
    from audsem_data.models.caption_classifier import CaptionClassifier

    if config.unset:
        raise UsageError(f"classify-encoder: {config.unset}")
    classifier = CaptionClassifier(Path(config.checkpoint).expanduser(), device, config.dtype)

    def process(items: Sequence[Item]) -> list[Outcome]:
        scores = classifier([item["caption"] for item in items])
        return [Done.one(score=s) if isfinite(s) else Failed(ModelReason.NOT_FINITE) for s in scores]

    return process
