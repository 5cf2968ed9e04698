"""Name what the pictures of a clip show by CLIP, zero-shot over a list of categories.

Source: Radford et al., ICML 2021; "a photo of a {category}" and the softmax over categories as in the paper
(appendix C.2). The list is ImageNet's classes, or a file of your own.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from audsem_data.core.model import Device
from audsem_data.core.outcome import Done, Failed, Outcome
from audsem_data.core.schema import Column
from audsem_data.core.stage import Item, Process
from audsem_data.models.categories import ZeroShotConfig, categories_of, identity_of, open_zero_shot
from audsem_data.models.frame_batches import by_clip
from audsem_data.models.frame_predictions import SEEN, likeliest, seen_in
from audsem_data.models.reasons import ModelReason
from audsem_data.models.specs import CLIP
from audsem_data.stages.annotate.image_annotator import image_annotator, pictures


@image_annotator(
    "annotate-clip",
    version=1,
    model=CLIP,
    emits=[
        Column("categories", SEEN, "the likeliest of each picture, their mean probability, in how many pictures")
    ],
    config=ZeroShotConfig,
    identity=identity_of,
)
def open_annotate_clip(config: ZeroShotConfig, device: Device) -> Process:
    """Return the process that names what is seen."""
    names = categories_of(config)
    model = open_zero_shot(config, names, device)

    def outcome(scores: Sequence[np.ndarray[Any, Any]]) -> Outcome:
        if not np.isfinite(scores).all():
            return Failed(ModelReason.NOT_FINITE)
        return Done.one(categories=seen_in(likeliest(of_frame, names, config.top) for of_frame in scores))

    def process(items: Sequence[Item]) -> list[Outcome]:
        return [outcome(scores) for scores in by_clip(model, pictures(items))]

    return process
