"""Name the kind of place that the pictures of a clip show, by a ResNet-50 trained on Places365.

Source: Zhou et al., Places, TPAMI 2018; preprocessing as in the paper (appendix C.2). The likeliest kind of each
picture counts where its probability is above 0.3; the first of the 365 counts like any other.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import Field

from audsem_data.core.model import Device, ModelConfig
from audsem_data.core.outcome import Done, Failed, Outcome
from audsem_data.core.schema import Column
from audsem_data.core.stage import Item, Process
from audsem_data.models.frame_batches import by_clip
from audsem_data.models.frame_predictions import SEEN
from audsem_data.models.reasons import ModelReason
from audsem_data.models.specs import PLACES365
from audsem_data.models.store import locate
from audsem_data.stages.annotate.image_annotator import image_annotator, pictures


class Places365Config(ModelConfig):
    """Options of annotate-places365."""

    threshold: float = Field(0.3, ge=0, le=1, description="probability that a picture's kind of place must exceed")


@image_annotator(
    "annotate-places365",
    version=1,
    model=PLACES365,
    emits=[
        Column("places", SEEN, "kinds of place, their mean probability and in how many pictures; may be empty"),
        Column("indoor", pa.float32(), "probability that it is indoors, the mean over pictures", nullable=True),
    ],
    config=Places365Config,
)
def open_annotate_places365(config: Places365Config, device: Device) -> Process:
    """Return the process that names places."""
    from audsem_data.models.places365 import Places365

    model = Places365(locate(PLACES365, config.checkpoint), device, config.dtype)

    def outcome(scores: Sequence[np.ndarray[Any, Any]]) -> Outcome:
        if not np.isfinite(scores).all():
            return Failed(ModelReason.NOT_FINITE)
        return Done.one(places=model.places(scores, config.threshold), indoor=model.indoors(scores))

    def process(items: Sequence[Item]) -> list[Outcome]:
        return [outcome(scores) for scores in by_clip(model, pictures(items))]

    return process
