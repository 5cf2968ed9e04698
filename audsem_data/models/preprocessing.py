"""Preparing pictures for a network, in batches on the device: resize, crop, scale, normalise.

Equal to the published image processors of transformers, which work picture by picture on the processor.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from audsem_data.core.errors import ModelError
from audsem_data.models.frame_batches import Picture
from audsem_data.models.pillow_resize import Filter, resize

_RESAMPLING: Mapping[int, Filter] = {2: "bilinear", 3: "bicubic"}  # Pillow's numbers


@dataclass(frozen=True)
class Preprocessing:
    """How a network wants its pictures.

    Attributes:
        height, width: pixels after resizing; where `width` is None, `height` is what the shorter edge becomes.
        resampling: Pillow's filter.
        crop: pixels of the centred square that is cut out; None for the whole.
        mean, deviation: of each channel after scaling to [0, 1].
    """

    height: int
    width: int | None
    resampling: Filter
    crop: int | None = None
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    deviation: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def __call__(self, pictures: Sequence[Picture], device: torch.device) -> Tensor:
        """Return float32 (pictures, 3, height, width); pictures of one size are worked on together."""
        shapes: dict[tuple[int, ...], list[int]] = {}
        for index, picture in enumerate(pictures):
            shapes.setdefault(picture.shape, []).append(index)
        prepared: list[Tensor] = [torch.empty(0)] * len(pictures)
        for alike in shapes.values():
            batch = torch.from_numpy(np.stack([pictures[index] for index in alike])).to(device)
            for index, one in zip(alike, self._prepare(batch.permute(0, 3, 1, 2)), strict=True):
                prepared[index] = one
        return torch.stack(prepared)

    def _prepare(self, pictures: Tensor) -> Tensor:
        pictures = resize(pictures, *self._size(*pictures.shape[2:]), self.resampling)
        if self.crop is not None:
            top, left = ((edge - self.crop) // 2 for edge in pictures.shape[2:])
            pictures = pictures[:, :, top : top + self.crop, left : left + self.crop]
        mean, deviation = (
            torch.tensor(of, device=pictures.device).view(1, 3, 1, 1) for of in (self.mean, self.deviation)
        )
        return (pictures.float() / 255 - mean) / deviation

    def _size(self, height: int, width: int) -> tuple[int, int]:
        if self.width is not None:
            return self.height, self.width
        if height <= width:
            return self.height, int(self.height * width / height)
        return int(self.height * height / width), self.height


def published_preprocessing(folder: Path, default: Preprocessing) -> Preprocessing:
    """Return what a model folder says of its pictures; what it leaves unsaid is as in `default`.

    Raises:
        ModelError: the folder's configuration cannot be read, or asks for what is not done here.
    """
    said = _configuration(folder)
    made = default
    try:
        if size := said.get("size"):
            height, width = _edges(size)
            made = replace(made, height=height, width=width)
        if "resample" in said:
            made = replace(made, resampling=_RESAMPLING[said["resample"]])
        if said.get("do_center_crop", made.crop is not None):
            made = replace(made, crop=_side(said.get("crop_size", made.crop)))
        if not said.get("do_normalize", True):
            made = replace(made, mean=(0.0, 0.0, 0.0), deviation=(1.0, 1.0, 1.0))
        elif "image_mean" in said:
            made = replace(made, mean=tuple(said["image_mean"]), deviation=tuple(said["image_std"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{folder} asks for a preprocessing of pictures that is not known: {error}") from error
    return made


def _configuration(folder: Path) -> dict[str, Any]:
    """Return the settings of the image processor, from whichever file transformers has written them to."""
    for name in ("preprocessor_config.json", "processor_config.json"):
        path = folder / name
        if path.is_file():
            try:
                said = json.loads(path.read_text(encoding="utf-8"))
            except ValueError as error:
                raise ModelError(f"{path} is damaged: {error}") from error
            return dict(said.get("image_processor", said))
    return {}


def _edges(size: Any) -> tuple[int, int | None]:
    if isinstance(size, int):
        return size, None
    if "shortest_edge" in size:
        return size["shortest_edge"], None
    return size["height"], size["width"]


def _side(size: Any) -> int:
    if isinstance(size, int):
        return size
    if size["height"] != size["width"]:
        raise ValueError(f"a crop of {size['height']} x {size['width']}")
    return int(size["height"])
