"""Clips of several lengths as one tensor on the device, copied while the device goes on working."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

Array = np.ndarray[Any, Any]


def padded(clips: Sequence[Array], device: torch.device, length: int = 0) -> Tensor:
    """Return clips followed by silence, float32 (clips, samples) on the device.

    As long as the longest, or as `length` if that is more. A GPU is not waited for: the copy takes its turn after
    what the GPU has still to do.
    """
    samples = max([length, *map(len, clips)])
    rows = torch.zeros(len(clips), samples, pin_memory=device.type == "cuda")
    for row, clip in zip(rows, clips, strict=True):
        row[: len(clip)] = torch.from_numpy(clip)
    return rows.to(device, non_blocking=True)


def counts(numbers: Sequence[int], device: torch.device) -> Tensor:
    """Return whole numbers, int64, on the device, without waiting for it."""
    return torch.tensor(numbers, dtype=torch.int64).to(device, non_blocking=True)
