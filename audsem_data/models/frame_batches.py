"""Batches of frames: the frames of many clips run together, and each clip gets its own frames' results."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

Picture = np.ndarray[Any, Any]  # uint8, (height, width, 3), RGB

_CPU_FRAMES, _GPU_FRAMES = 8, 128


class PictureModel(Protocol):
    """A network that looks at pictures, whichever implementation it runs on."""

    @property
    def device(self) -> Any:
        """The torch device that it runs on."""

    def __call__(self, pictures: Sequence[Picture]) -> Any:
        """Return one result a picture, in their order, the same whatever else is in the batch."""
        ...


def by_clip(model: PictureModel, clips: Sequence[Sequence[Picture]]) -> list[list[Any]]:
    """Return each clip's results, one a frame, in the clips' order.

    Raises:
        ValueError: the model gave another number of results than it got frames.
    """
    frames = [frame for clip in clips for frame in clip]
    size = _CPU_FRAMES if model.device.type == "cpu" else _GPU_FRAMES
    results: list[Any] = []
    for begin in range(0, len(frames), size):
        results.extend(model(frames[begin : begin + size]))
    if len(results) != len(frames):
        raise ValueError(f"{len(frames)} frames gave {len(results)} results")
    rest = iter(results)
    return [[next(rest) for _ in clip] for clip in clips]
