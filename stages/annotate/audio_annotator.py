"""What annotators of a clip's sound have in common: their declaration, and the sound that they are given."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from audsem_data.core.model import ModelConfig, ModelSpec
from audsem_data.core.schema import Column
from audsem_data.core.stage import Audio, Config, Item, Needs, NoConfig, Over, Stage, stage
from audsem_data.models.reasons import ModelReason
from audsem_data.models.weights import WeightsOf
from audsem_data.stages.filter.score_duration import LONG_ENOUGH

Samples = np.ndarray[Any, Any]


def audio_annotator(  # noqa: PLR0913  (a declaration, as `stage` is)
    name: str,
    *,
    version: int,
    emits: Sequence[Column],
    model: ModelSpec | None = None,
    rate: int = 0,
    config: type[Config] | None = None,
    over: Over = LONG_ENOUGH,
    **more: Any,
) -> Callable[[Callable[..., Any]], Stage]:
    """Declare a stage that listens to each clip that is long enough; finished rows are kept in the spool.

    Args:
        name: of the stage: `annotate-...`, and `combine` joins it.
        version: raised whenever the same input would give another output.
        emits: the columns after the key.
        model: the network that listens; its name and weights enter what records say.
        rate: hertz of the sound that is wanted; the model's where it has one.
        config: the options; a model's have `checkpoint` and `dtype` at least.
        over: which clips it runs over.
        more: as `core.stage.stage` takes them.
    """
    of_model: dict[str, Any] = {"identity": model.identity, "weights": WeightsOf(model)} if model else {}
    return stage(
        name,
        version=version,
        needs=[Needs("standardize", ("audio_sha256",))],
        emits=emits,
        config=config or (ModelConfig if model else NoConfig),
        media=(Audio(rate or (model.rate if model else 0)),),
        over=over,
        **{"spooled": True, "reasons": (ModelReason,) if model else (), **of_model, **more},
    )


def sounds(items: Sequence[Item], rate: int) -> list[Samples]:
    """Return the samples of each clip, float32 in [-1, 1], at the rate that the annotator takes."""
    return [item.media[Audio(rate)] for item in items]
