"""Import this first: it declares what imports look for where torchvision and torchaudio do not load.

On a machine whose torch has no CUDA, torchvision lacks compiled operators, and torchaudio does not load. What the
drills import asks for both and calls neither: they are declared, not implemented. Elsewhere the real ones are used.
"""

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import torch


def _declare() -> Any:
    if torch.version.cuda is not None:
        return None
    operators: Any = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
    for name in ("nms", "qnms"):
        operators.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    stand_in = ModuleType("torchaudio")
    stand_in.__spec__ = ModuleSpec("torchaudio", None)
    sys.modules.setdefault("torchaudio", stand_in)
    return operators


OPERATORS = _declare()  # kept: with it the declaration would end
