"""What annotators of a clip's pictures have in common: their declaration, and the pictures that they are given."""

from collections.abc import Callable, Sequence
from typing import Any

from audsem_data.core.model import ModelConfig, ModelSpec
from audsem_data.core.schema import Column
from audsem_data.core.stage import Config, Frames, Item, Needs, NoConfig, Stage, stage
from audsem_data.models.frame_batches import Picture
from audsem_data.models.reasons import ModelReason
from audsem_data.models.weights import WeightsOf
from audsem_data.stages.filter.score_duration import LONG_ENOUGH

STILLS = Frames("stills", 4)


def image_annotator(
    name: str,
    *,
    version: int,
    emits: Sequence[Column],
    model: ModelSpec | None = None,
    frames: Frames = STILLS,
    config: type[Config] | None = None,
    **more: Any,
) -> Callable[[Callable[..., Any]], Stage]:
    """Declare a stage that looks at pictures of each clip that is long enough; finished rows are kept in the spool.

    Args:
        name: of the stage: `annotate-...`, and `combine` joins it.
        version: raised whenever the same input would give another output.
        emits: the columns after the key.
        model: the network that looks; its name and weights enter what records say.
        frames: which pictures of a clip are wanted.
        config: the options; a model's have `checkpoint` and `dtype` at least.
        more: as `core.stage.stage` takes them.
    """
    of_model: dict[str, Any] = {"identity": model.identity, "weights": WeightsOf(model)} if model else {}
    return stage(
        name,
        version=version,
        needs=[Needs("standardize", ("video_sha256",), locators=("no_video",))],
        emits=emits,
        config=config or (ModelConfig if model else NoConfig),
        media=(frames,),
        over=LONG_ENOUGH,
        **{"spooled": True, "reasons": (ModelReason,) if model else (), **of_model, **more},
    )


def pictures(items: Sequence[Item]) -> list[Sequence[Picture]]:
    """Return the stills of each clip, RGB, uint8, (height, width, 3)."""
    return [item.media[STILLS].pictures for item in items]
