"""RT-DETR by the ultralytics package (AGPL-3.0), from a checkpoint of its own form.

Nothing else imports the package: who does not ask for this backend takes on no obligation of its licence. Its files
are pickles that contain code of its own, which it runs: load only those of a source that you trust.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from audsem_data.core.errors import ModelError
from audsem_data.core.model import Device
from audsem_data.models.detections import Detection, clipped
from audsem_data.models.frame_batches import Picture
from audsem_data.models.placement import torch_device

_AUTO = Device()


class UltralyticsRtDetr:
    """Detects objects in pictures of any size; the class names are the checkpoint's own."""

    def __init__(self, path: Path, device: Device = _AUTO, threshold: float = 0.3) -> None:
        """Load a .pt file, or build an untrained network of a .yaml file; raises ModelError."""
        try:
            from ultralytics import RTDETR  # noqa: PLC0415  (an extra)
        except ImportError as error:
            raise ModelError(
                f"ultralytics cannot be imported ({error}); pip install 'audsem-data[ultralytics]' (AGPL-3.0)"
            ) from error
        if not path.is_file():
            raise ModelError(f"{path} is not a file; the ultralytics backend loads a .pt file")
        self._model = RTDETR(str(path))
        self._threshold = threshold
        self.device: torch.device = torch_device(device)

    def __call__(self, pictures: Sequence[Picture]) -> list[list[Detection]]:
        """Return the objects of each picture, the highest score first."""
        bgr = [np.ascontiguousarray(picture[..., ::-1]) for picture in pictures]
        results = self._model.predict(bgr, conf=self._threshold, device=self.device, verbose=False, save=False)
        return [
            sorted(
                (
                    Detection(result.names[int(kind)], score, clipped(box))
                    for kind, score, box in zip(
                        result.boxes.cls.tolist(),
                        result.boxes.conf.tolist(),
                        result.boxes.xyxyn.tolist(),
                        strict=True,
                    )
                ),
                key=lambda one: -one.score,
            )
            for result in results
        ]
