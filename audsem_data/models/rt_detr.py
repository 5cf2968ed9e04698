"""RT-DETR: the objects in a picture, by transformers.

Source: Zhao et al., DETRs Beat YOLOs on Real-time Object Detection, CVPR 2024; PekingU/rtdetr_r50vd.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import RTDetrForObjectDetection

from audsem_data.core.model import Device
from audsem_data.models.detections import Detection, clipped
from audsem_data.models.frame_batches import Picture
from audsem_data.models.placement import place, torch_device
from audsem_data.models.preprocessing import Preprocessing, published_preprocessing
from audsem_data.models.pretrained import load_pretrained

PREPROCESSING = Preprocessing(640, 640, "bilinear")

_AUTO = Device()


class RtDetr:
    """Detects objects in pictures of any size; the class names are the checkpoint's own (COCO's as published)."""

    def __init__(
        self, folder: Path, device: Device = _AUTO, dtype: str = "float32", threshold: float = 0.3
    ) -> None:
        """Load a folder as published; raises ModelError."""
        network = load_pretrained(RTDetrForObjectDetection, folder)
        self._prepare = published_preprocessing(folder, PREPROCESSING)
        self._names: dict[int, str] = network.config.id2label
        self._threshold = threshold
        self.device, self._dtype = torch_device(device), getattr(torch, dtype)
        self.network = place(network, device, dtype)

    @torch.inference_mode()
    def __call__(self, pictures: Sequence[Picture]) -> list[list[Detection]]:
        """Return the objects of each picture, the highest score first; the same whatever else is in the batch.

        As published, a query may stand for several classes, and as many objects are looked at as there are queries.
        """
        given = self.network(self._prepare(pictures, self.device).to(self._dtype))
        logits, boxes = given.logits.float(), given.pred_boxes.float()
        queries, classes = logits.shape[1:]
        scores, places = logits.sigmoid().flatten(1).topk(queries, dim=-1)
        centre, size = boxes[..., :2], boxes[..., 2:]
        corners = torch.cat([centre - size / 2, centre + size / 2], dim=-1)
        chosen = corners.gather(1, (places // classes)[..., None].expand(-1, -1, 4))
        return [
            [
                Detection(self._names[kind], score, clipped(box))
                for score, kind, box in zip(*of_picture, strict=True)
                if score >= self._threshold
            ]
            for of_picture in zip(scores.tolist(), (places % classes).tolist(), chosen.tolist(), strict=True)
        ]
