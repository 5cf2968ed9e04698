"""Places365 gives the published network's logits, under the names of its lists, and refuses what is not its."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from audsem_data.core.errors import ModelError
from audsem_data.core.model import Device
from audsem_data.models.places365 import CATEGORIES, INDOOR_OUTDOOR, PREPROCESSING, Places365

from . import goldens

CPU = Device("cpu")
GOLDEN = goldens.load("places365_resnet50")
Array = np.ndarray[Any, Any]


def save_published(folder: Path, count: int = 365) -> Path:
    """Write a checkpoint and its lists as the authors publish them; return the checkpoint."""
    shapes = {key: torch.zeros(shape) for key, shape in GOLDEN["state_dict"].items()}
    tensors = goldens.made_anew(GOLDEN, shapes)
    held = {f"module.{key}": tensor for key, tensor in tensors.items() if "num_batches" not in key}
    path = folder / "resnet50_places365.pth.tar"
    torch.save({"epoch": 90, "arch": "resnet50", "state_dict": held, "best_prec1": 0.5}, path)
    names = [f"/{chr(97 + index % 26)}/place{index}/inner" for index in range(count)]
    (folder / CATEGORIES).write_text("".join(f"{name} {index}\n" for index, name in enumerate(names)))
    (folder / INDOOR_OUTDOOR).write_text("".join(f"{name} {1 + i % 2}\n" for i, name in enumerate(names)))
    return path


def picture(case: str) -> Array:
    """Return the golden case's image, by its formula."""
    made = GOLDEN["inputs"]["cases"][case]
    y, x = np.mgrid[: made["height"], : made["width"]]
    u, v = x / (made["width"] - 1), y / (made["height"] - 1)
    board = np.where((x // made["cell"] + y // made["cell"]) % 2 == 0, 1, -1)
    channels = [
        127.5
        + 60 * np.sin(2 * np.pi * (made["fx"][c] * u + made["ph"][c]))
        + 50 * np.cos(2 * np.pi * (made["fy"][c] * v - made["ph"][c]))
        + made["check"] * board
        for c in range(3)
    ]
    return np.clip(np.floor(np.stack(channels, -1) + 0.5), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Places365:
    return Places365(save_published(tmp_path_factory.mktemp("places365")), CPU)


@pytest.mark.parametrize("case", ["A", "C"])
def test_golden_input_and_logits(model: Places365, case: str) -> None:
    one = picture(case)
    assert int(one.sum(dtype=np.int64)) == GOLDEN["inputs"]["cases"][case]["image_check"]["sum"]
    prepared = PREPROCESSING([one], torch.device("cpu"))
    values, indices = goldens.sampled(GOLDEN["goldens"][case]["input_tensor"])
    goldens.assert_close(prepared[0].flatten().numpy()[indices], values, 1e-5)
    with torch.no_grad():
        logits = model.network(prepared).logits[0].numpy()
    goldens.assert_close(logits, GOLDEN["goldens"][case]["logits"]["values"], 1e-3)
    goldens.assert_close(model([one])[0], GOLDEN["goldens"][case]["probs"]["values"], 1e-4)


def test_a_picture_in_any_batch_gives_what_it_gives_alone(model: Places365) -> None:
    pictures = [picture("A"), picture("C"), np.zeros((1, 1, 3), np.uint8), picture("A")[:50]]
    together = model(pictures)
    for one, alone in zip(together, [model([one])[0] for one in pictures], strict=True):
        np.testing.assert_allclose(one, alone, atol=1e-5)
    np.testing.assert_allclose(model(pictures[::-1])[::-1], together, atol=1e-5)


def test_every_class_has_its_name_and_whether_it_is_indoors(model: Places365) -> None:
    assert len(model.names) == 365
    assert model.names[:2] == ("place0/inner", "place1/inner")  # the first class counts like any other
    assert model.indoor is not None
    assert model.indoor[:3] == (True, False, True)


def test_what_is_not_the_published_checkpoint_is_refused(tmp_path: Path) -> None:
    path = save_published(tmp_path, count=10)
    with pytest.raises(ModelError, match="another shape of classifier"):
        Places365(path, CPU)
    (tmp_path / CATEGORIES).write_text("airfield\n")
    with pytest.raises(ModelError, match="its line 1 is no name"):
        Places365(path, CPU)
    (tmp_path / CATEGORIES).unlink()
    with pytest.raises(ModelError, match="belongs beside the checkpoint"):
        Places365(path, CPU)
