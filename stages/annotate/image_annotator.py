"""What all annotators of a clip's pictures have in common: their declaration, and their batches."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from audsem_data.core.model import ModelSpec
from audsem_data.core.schema import Column
from audsem_data.core.stage import Config, Frames, Item, Needs, Stage, stage
from audsem_data.models.reasons import ModelReason
from audsem_data.models.weights import weights_of
from audsem_data.stages.filter.score_duration import LONG_ENOUGH

STILLS = Frames("stills", 4)
Result = TypeVar("Result")
Picture = np.ndarray[Any, Any]
Identity = Mapping[str, str] | Callable[[Any], Mapping[str, str]]


def image_annotator(
    name: str,
    version: int,
    model: ModelSpec,
    emits: Sequence[Column],
    config: type[Config],
    identity: Identity | None = None,
) -> Callable[[Callable[..., Any]], Stage]:
    """Declare a stage that looks at up to four pictures of each clip that is long enough."""
    return stage(
        name,
        version=version,
        needs=[Needs("standardize", ("video_sha256",), locators=("no_video",))],
        emits=emits,
        config=config,
        media=(STILLS,),
        over=LONG_ENOUGH,
        reasons=(ModelReason,),
        spooled=True,
        identity=identity or model.identity,
        weights=weights_of(model),
    )


def by_clip(model: Any, items: Sequence[Item]) -> list[list[Any]]:
    """Return what a model gives for the pictures of each clip; it runs over the pictures of many clips at once.

    Args:
        model: has a torch `device`, and gives one result a picture when it is called with pictures.
        items: of an image annotator.
    """
    from audsem_data.models.frame_batches import by_clip as batched

    return batched([item.media[STILLS].pictures for item in items], model.device, lambda batch: [*model(batch)])
