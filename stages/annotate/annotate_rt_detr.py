"""Find the objects in the pictures of a clip by RT-DETR.

Source: Zhao et al., DETRs Beat YOLOs on Real-time Object Detection, CVPR 2024; threshold 0.3 as in the paper
(appendix C.2). The score of a class in a picture is that of its surest object there.
"""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from audsem_data.core.model import Device
from audsem_data.core.outcome import Done, Outcome
from audsem_data.core.schema import Column
from audsem_data.core.stage import Item, Process
from audsem_data.models.detections import Detection, DetectorConfig, open_detector
from audsem_data.models.frame_batches import by_clip
from audsem_data.models.frame_predictions import SEEN, seen_in
from audsem_data.models.specs import RT_DETR
from audsem_data.stages.annotate.image_annotator import STILLS, image_annotator, pictures

EDGES = ("left", "top", "right", "bottom")
BOXES = pa.list_(
    pa.struct(
        [("second", pa.float32()), ("label", pa.string()), ("score", pa.float32())]
        + [(edge, pa.float32()) for edge in EDGES]
    )
)


@image_annotator(
    "annotate-rt-detr",
    version=1,
    model=RT_DETR,
    emits=[
        Column("objects", SEEN, "classes of objects, their mean score and in how many pictures; may be empty"),
        Column("boxes", BOXES, "each object: when, what, and its edges as fractions of the picture's size"),
    ],
    config=DetectorConfig,
)
def open_annotate_rt_detr(config: DetectorConfig, device: Device) -> Process:
    """Return the process that finds objects."""
    detect = open_detector(config, device)

    def process(items: Sequence[Item]) -> list[Outcome]:
        found = by_clip(detect, pictures(items))
        return [_outcome(frames, item.media[STILLS].seconds) for frames, item in zip(found, items, strict=True)]

    return process


def _outcome(frames: Sequence[Sequence[Detection]], seconds: Sequence[float]) -> Outcome:
    objects = seen_in({one.label: one.score for one in reversed(found)} for found in frames)  # surest comes last
    boxes: list[dict[str, Any]] = [
        {"second": second, "label": one.label, "score": one.score, **dict(zip(EDGES, one.box, strict=True))}
        for second, found in zip(seconds, frames, strict=True)
        for one in found
    ]
    return Done.one(objects=objects, boxes=boxes)
