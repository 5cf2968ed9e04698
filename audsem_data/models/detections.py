"""What an object detector finds in a picture, whichever implementation it runs on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from audsem_data.core.model import Device, ModelConfig
from audsem_data.models.frame_batches import PictureModel
from audsem_data.models.specs import RT_DETR
from audsem_data.models.store import locate


@dataclass(frozen=True)
class Detection:
    """One object.

    Attributes:
        label: its class.
        score: in [0, 1].
        box: left, top, right, bottom as fractions of the picture's width and height, in [0, 1].
    """

    label: str
    score: float
    box: tuple[float, float, float, float]


class DetectorConfig(ModelConfig):
    """Options of the stage that detects objects."""

    threshold: float = Field(0.3, ge=0, le=1, description="score an object needs (paper: 0.3)")
    backend: Literal["transformers", "ultralytics"] = Field(
        "transformers",
        description="transformers, or the ultralytics package (AGPL-3.0, an extra) with `checkpoint`",
    )

    @property
    def modules(self) -> tuple[str, ...]:
        """What the backend imports."""
        return ("torch", "ultralytics") if self.backend == "ultralytics" else super().modules


def clipped(box: Sequence[float]) -> tuple[float, float, float, float]:
    """Return a box without what lies outside of the picture."""
    left, top, right, bottom = (min(1.0, max(0.0, float(edge))) for edge in box)
    return left, top, right, bottom


def open_detector(config: DetectorConfig, device: Device) -> PictureModel:
    """Load a detector: it gives the objects of each picture, the highest score first. Raises ModelError."""
    path = locate(RT_DETR, config.checkpoint)
    if config.backend == "ultralytics":
        from audsem_data.models.ultralytics_rt_detr import UltralyticsRtDetr  # noqa: PLC0415  (may be absent)

        return UltralyticsRtDetr(path, device, config.threshold)
    from audsem_data.models.rt_detr import RtDetr  # noqa: PLC0415  (transformers is heavy)

    return RtDetr(path, device, config.dtype, config.threshold)
