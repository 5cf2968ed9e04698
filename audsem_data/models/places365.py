"""Places365: which of 365 kinds of place a picture shows, by a ResNet-50.

Source: Zhou et al., Places: A 10 Million Image Database for Scene Recognition, TPAMI 2018;
github.com/CSAILVision/places365, the PyTorch checkpoint of ResNet-50 and its run_placesCNN_basic.py.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import ResNetConfig, ResNetForImageClassification

from audsem_data.core.errors import ModelError
from audsem_data.core.model import Device
from audsem_data.models.checkpoint import fill, read_checkpoint
from audsem_data.models.frame_batches import Picture
from audsem_data.models.frame_predictions import likeliest, seen_in
from audsem_data.models.placement import place, torch_device
from audsem_data.models.preprocessing import Preprocessing

Array = np.ndarray[Any, Any]

CATEGORIES, INDOOR_OUTDOOR = "categories_places365.txt", "IO_places365.txt"
PREPROCESSING = Preprocessing(
    256, 256, "bilinear", crop=224, mean=(0.485, 0.456, 0.406), deviation=(0.229, 0.224, 0.225)
)

_AUTO = Device()
_PARTS = {"conv": "convolution", "bn": "normalization"}


class Places365:
    """The probabilities of kinds of place in pictures of any size.

    Attributes:
        names: of the kinds of place, by index, as published without their first letter: `airfield`.
        indoor: whether each is indoors; None where no file says it.
    """

    def __init__(self, path: Path, device: Device = _AUTO, dtype: str = "float32") -> None:
        """Load a checkpoint; the published lists of names lie beside it. Raises ModelError."""
        self.names = read_names(path.with_name(CATEGORIES))
        beside = path.with_name(INDOOR_OUTDOOR)
        self.indoor = read_indoor(beside, self.names) if beside.is_file() else None
        network = ResNetForImageClassification(ResNetConfig(num_labels=len(self.names)))  # type: ignore[call-arg]
        fill(network, _renamed(read_checkpoint(path)), path, lambda key: key.endswith("num_batches_tracked"))
        self.device, self._dtype = torch_device(device), getattr(torch, dtype)
        self.network = place(network, device, dtype)

    @torch.inference_mode()
    def __call__(self, pictures: Sequence[Picture]) -> Array:
        """Return float32 probabilities, (pictures, kinds of place)."""
        prepared = PREPROCESSING(pictures, self.device).to(self._dtype)
        logits = self.network(prepared).logits.float()
        return np.asarray(logits.softmax(-1).cpu().numpy())

    def places(self, scores: Sequence[Array], threshold: float) -> list[dict[str, Any]]:
        """Return the likeliest kind of each picture, where it exceeds the threshold, as predictions of a clip."""
        likely = [likeliest(of_picture, self.names, 1) for of_picture in scores]
        return seen_in({name: score for name, score in one.items() if score > threshold} for one in likely)

    def indoors(self, scores: Sequence[Array]) -> float | None:
        """Return the probability of all kinds that are indoors, the mean over pictures; None if it is not known."""
        return None if self.indoor is None else float(np.mean(scores, axis=0)[list(self.indoor)].sum())


def read_names(path: Path) -> tuple[str, ...]:
    """Return the names of the published list, lines of `/a/airfield 0`. Raises ModelError."""
    names = tuple(name.split("/", 2)[2] for name, _ in _lines(path))
    if len(set(names)) != len(names) or not names:
        raise ModelError(f"{path} names no kinds of place, or one twice")
    return names


def read_indoor(path: Path, names: Sequence[str]) -> tuple[bool, ...]:
    """Return whether each is indoors, from lines of `/a/airfield 2` (1 is indoors). Raises ModelError."""
    indoor = {name.split("/", 2)[2]: value == "1" for name, value in _lines(path)}
    if missing := [name for name in names if name not in indoor]:
        raise ModelError(f"{path} does not say whether {missing[0]} is indoors")
    return tuple(indoor[name] for name in names)


def _lines(path: Path) -> list[tuple[str, str]]:
    if not path.is_file():
        raise ModelError(f"the list {path} is not there; it belongs beside the checkpoint")
    matches = [re.fullmatch(r"(/\w/\S+) (\d+)", line) for line in path.read_text(encoding="utf-8").splitlines()]
    if any(match is None for match in matches):
        raise ModelError(
            f"{path} is not the published list: its line {matches.index(None) + 1} is no name and number"
        )
    return [(match[1], match[2]) for match in matches if match]


def _renamed(held: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tensors under the keys of transformers' ResNet; the checkpoint has torchvision's."""
    tensors = held.get("state_dict", held)
    return {_key(name.removeprefix("module.")): tensor for name, tensor in tensors.items()}


def _key(name: str) -> str:
    if stem := re.fullmatch(r"(conv|bn)1\.(\w+)", name):
        return f"resnet.embedder.embedder.{_PARTS[stem[1]]}.{stem[2]}"
    if inner := re.fullmatch(r"layer(\d)\.(\d+)\.(conv|bn)(\d)\.(\w+)", name):
        stage, block, part, layer, rest = inner.groups()
        where = f"resnet.encoder.stages.{int(stage) - 1}.layers.{block}"
        return f"{where}.layer.{int(layer) - 1}.{_PARTS[part]}.{rest}"
    if shortcut := re.fullmatch(r"layer(\d)\.(\d+)\.downsample\.([01])\.(\w+)", name):
        stage, block, place_, rest = shortcut.groups()
        part = ("convolution", "normalization")[int(place_)]
        return f"resnet.encoder.stages.{int(stage) - 1}.layers.{block}.shortcut.{part}.{rest}"
    return name.replace("fc.", "classifier.1.") if name.startswith("fc.") else name
