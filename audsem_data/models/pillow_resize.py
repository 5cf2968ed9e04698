"""Resizing of pictures in batches, on any device, equal to Pillow's pixel by pixel.

The published image models were trained on pictures resized by Pillow, and their scores move with the resampling.
Source: Pillow's resampling in two passes with weights of 22 bits, `libImaging/Resample.c`. The horizontal pass
comes first, as in torchvision and in Pillow before 13, which chooses the order by the shape: pictures that are
narrowed more than they are lowered, such as all landscape pictures made square, are the same in every version.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

import torch
from torch import Tensor

Filter = Literal["bilinear", "bicubic"]

_BITS = 22  # of a weight: Pillow's 32 - 8 - 2


def resize(pictures: Tensor, height: int, width: int, resampling: Filter) -> Tensor:
    """Return the pictures at another size: uint8, (pictures, channels, height, width).

    Args:
        pictures: uint8, (pictures, channels, height, width), on any device.
        height: of the result, in pixels.
        width: of the result, in pixels.
        resampling: Pillow's filter; both are antialiased.
    """
    across = _resample(pictures.transpose(2, 3), width, resampling).transpose(2, 3)
    return _resample(across, height, resampling)


def _resample(pictures: Tensor, size: int, resampling: Filter) -> Tensor:
    """Resample the third axis: whole rows of the fourth are added up."""
    before = pictures.shape[2]
    if before == size:
        return pictures
    first, weights = (table.to(pictures.device) for table in _weights(before, size, resampling))
    rows = pictures.int().contiguous()
    total = torch.full((), 1 << (_BITS - 1), dtype=torch.int32, device=pictures.device)
    for tap in range(weights.shape[0]):
        source = (first + tap).clamp(max=before - 1)  # beyond the edge the weight is 0
        total = total + rows.index_select(2, source).mul_(weights[tap][:, None])
    return (total >> _BITS).clamp_(0, 255).to(torch.uint8)


@lru_cache(maxsize=64)
def _weights(before: int, size: int, resampling: Filter) -> tuple[Tensor, Tensor]:
    """Return each output's first input, (size,), and the weights of the inputs from there on, (taps, size)."""
    curve, reach = _CURVES[resampling]
    scale = before / size
    stretch = max(scale, 1.0)
    support = reach * stretch
    taps = math.ceil(support) * 2 + 1
    firsts, rows = [], []
    for output in range(size):
        centre = (output + 0.5) * scale
        first, last = max(0, int(centre - support + 0.5)), min(before, int(centre + support + 0.5))
        values = [curve((source - centre + 0.5) / stretch) for source in range(first, last)]
        total = sum(values)
        whole = [math.floor(abs(value / total) * (1 << _BITS) + 0.5) for value in values]
        signed = [-one if value < 0 else one for one, value in zip(whole, values, strict=True)]
        firsts.append(first)
        rows.append(signed + [0] * (taps - len(signed)))
    return torch.tensor(firsts), torch.tensor(rows, dtype=torch.int32).T.contiguous()


def _triangle(x: float) -> float:
    return max(0.0, 1.0 - abs(x))


def _cubic(x: float) -> float:
    """Keys's cubic convolution with a = -0.5."""
    x = abs(x)
    if x < 1:
        return (1.5 * x - 2.5) * x * x + 1
    return (((x - 5) * x + 8) * x - 4) * -0.5 if x < 2 else 0.0


_CURVES: dict[Filter, tuple[Callable[[float], float], float]] = {
    "bilinear": (_triangle, 1.0),
    "bicubic": (_cubic, 2.0),
}
