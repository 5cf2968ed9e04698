"""Batches of frames: the frames of many clips run together, and each clip gets its own frames' results."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import torch

from audsem_data.models.preprocessing import Picture

Result = TypeVar("Result")

_CPU_FRAMES, _GPU_FRAMES = 8, 128


def by_clip(
    clips: Sequence[Sequence[Picture]],
    device: torch.device,
    run: Callable[[Sequence[Picture]], Sequence[Result]],
) -> list[list[Result]]:
    """Return each clip's results, one a frame, in the clips' order; `run` gets the frames of a batch.

    Raises:
        ValueError: `run` gave another number of results than it got frames.
    """
    frames = [frame for clip in clips for frame in clip]
    size = _CPU_FRAMES if device.type == "cpu" else _GPU_FRAMES
    results: list[Result] = []
    for begin in range(0, len(frames), size):
        results.extend(run(frames[begin : begin + size]))
    if len(results) != len(frames):
        raise ValueError(f"{len(frames)} frames gave {len(results)} results")
    rest = iter(results)
    return [[next(rest) for _ in clip] for clip in clips]
