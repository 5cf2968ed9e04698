"""BLIP, CLIP and RT-DETR see in a picture what transformers' own code sees, in any batch."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import AutoTokenizer, BlipForConditionalGeneration, CLIPModel, RTDetrForObjectDetection
from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.rt_detr.image_processing_pil_rt_detr import RTDetrImageProcessorPil

from audsem_data.core.errors import ModelError
from audsem_data.core.model import Device
from audsem_data.models.blip import Blip
from audsem_data.models.clip import Clip
from audsem_data.models.rt_detr import RtDetr

from .tiny_vision import save_blip, save_clip, save_rt_detr

CPU = Device("cpu")
Array = np.ndarray[Any, Any]


def picture(seed: int, height: int = 90, width: int = 160) -> Array:
    """Return large patches of colour: noise is grey once it is resized."""
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.NEAREST))


PICTURES = [picture(0), picture(1, 160, 90), picture(2), picture(3, 20, 31), picture(0)]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("vision")
    return {"blip": save_blip(root / "b"), "clip": save_clip(root / "c"), "rt-detr": save_rt_detr(root / "r")}


@pytest.mark.parametrize("beams", [1, 4])
def test_blip_says_what_generate_says(folders: dict[str, Path], beams: int) -> None:
    network = BlipForConditionalGeneration.from_pretrained(folders["blip"]).train(False)
    processor: Any = BlipImageProcessorPil.from_pretrained(folders["blip"])
    tokenizer: Any = AutoTokenizer.from_pretrained(folders["blip"])
    ours = Blip(folders["blip"], CPU, beams=beams)(PICTURES)
    for one, said in zip(PICTURES, ours, strict=True):
        given = processor(Image.fromarray(one), return_tensors="pt")
        tokens = network.generate(**given, num_beams=beams, max_length=20)
        assert said == " ".join(tokenizer.decode(tokens[0], skip_special_tokens=True).split())
    assert len(set(ours)) == 4  # the first and the last picture are one
    assert ours[0] == ours[-1]


def test_blip_in_any_batch(folders: dict[str, Path]) -> None:
    blip = Blip(folders["blip"], CPU)
    together = blip(PICTURES)
    assert [blip([one])[0] for one in PICTURES] == together
    assert blip(PICTURES[::-1]) == together[::-1]


def test_clip_is_transformers_own(folders: dict[str, Path]) -> None:
    texts = [f"a photo of a {name}" for name in ("dog", "barking dog", "cat", "car", "street")]
    ours = Clip(folders["clip"], texts, CPU)
    network = CLIPModel.from_pretrained(folders["clip"]).train(False)
    processor: Any = CLIPImageProcessorPil.from_pretrained(folders["clip"])
    tokenizer: Any = AutoTokenizer.from_pretrained(folders["clip"])
    words = tokenizer(texts, padding=True, return_tensors="pt")
    named = {name: words[name] for name in ("input_ids", "attention_mask")}
    together = ours(PICTURES)
    for one, found in zip(PICTURES, together, strict=True):
        with torch.no_grad():
            logits = network(**named, **processor(Image.fromarray(one), return_tensors="pt")).logits_per_image[0]
        np.testing.assert_allclose(found, logits.softmax(-1), atol=1e-5)
        np.testing.assert_allclose(found, ours([one])[0], atol=1e-5)
    assert float(np.ptp(together, axis=0).max()) > 1e-4  # the pictures differ


def test_rt_detr_is_transformers_own(folders: dict[str, Path]) -> None:
    network = RTDetrForObjectDetection.from_pretrained(folders["rt-detr"]).train(False)
    processor = RTDetrImageProcessorPil.from_pretrained(folders["rt-detr"])
    for one in PICTURES:
        with torch.no_grad():
            given = network(**processor(Image.fromarray(one), return_tensors="pt"))
        every = processor.post_process_object_detection(given, threshold=0.0)[0]
        scores = every["scores"].unique().flip(0)
        threshold = float(scores[9] + scores[10]) / 2
        [expected] = processor.post_process_object_detection(given, threshold=threshold)
        [found] = RtDetr(folders["rt-detr"], CPU, threshold=threshold)([one])
        assert 0 < len(found) < len(every["scores"])
        assert [one.label for one in found] == [network.config.id2label[int(i)] for i in expected["labels"]]
        np.testing.assert_allclose([one.score for one in found], expected["scores"], atol=1e-4)
        np.testing.assert_allclose([one.box for one in found], expected["boxes"].clip(0, 1), atol=1e-3)


def test_rt_detr_in_any_batch(folders: dict[str, Path]) -> None:
    detect = RtDetr(folders["rt-detr"], CPU, threshold=0.0)
    for one, other in zip(detect(PICTURES), [detect([one])[0] for one in PICTURES], strict=True):
        np.testing.assert_allclose([d.score for d in one], [d.score for d in other], atol=1e-5)


@pytest.mark.parametrize("name", ["blip", "clip", "rt-detr"])
def test_damaged_weights(folders: dict[str, Path], name: str, tmp_path: Path) -> None:
    for path in folders[name].iterdir():
        cut = 3000 if path.suffix == ".safetensors" else None
        (tmp_path / path.name).write_bytes(path.read_bytes()[:cut])
    kinds: dict[str, Any] = {"blip": Blip, "clip": partial(Clip, texts=["a"]), "rt-detr": RtDetr}
    with pytest.raises(ModelError, match="cannot be loaded as"):
        kinds[name](tmp_path, device=CPU)
