"""What all annotators of a clip's pictures have in common: their declaration, and the pictures that they get."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from audsem_data.core.model import ModelSpec
from audsem_data.core.schema import Column
from audsem_data.core.stage import Config, Frames, Item, Needs, Stage, stage
from audsem_data.models.frame_batches import Picture
from audsem_data.models.reasons import ModelReason
from audsem_data.models.weights import weights_of
from audsem_data.stages.filter.score_duration import LONG_ENOUGH

STILLS = Frames("stills", 4)
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


def pictures(items: Sequence[Item]) -> list[Sequence[Picture]]:
    """Return the pictures of each clip, RGB, uint8, (height, width, 3)."""
    return [item.media[STILLS].pictures for item in items]
