"""Pictures are prepared as the published processors prepare them, pixel by pixel, whatever sizes a batch mixes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.rt_detr.image_processing_pil_rt_detr import RTDetrImageProcessorPil

from audsem_data.core.errors import ModelError
from audsem_data.models import blip, clip, rt_detr
from audsem_data.models.frame_batches import by_clip
from audsem_data.models.frame_predictions import seen_in
from audsem_data.models.pillow_resize import Filter, resize
from audsem_data.models.preprocessing import Preprocessing, published_preprocessing

Array = np.ndarray[Any, Any]

CPU = torch.device("cpu")
SIZES = [(360, 640), (360, 203), (360, 482), (2, 700), (31, 1), (640, 640)]


def picture(height: int, width: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize(("resampling", "pillow"), [("bilinear", 2), ("bicubic", 3)])
@pytest.mark.parametrize("size", [(256, 256), (640, 640), (224, 398), (3, 1), (900, 20)])
def test_every_pixel_is_pillows(resampling: Filter, pillow: Any, size: tuple[int, int]) -> None:
    for before in SIZES:
        one = picture(*before)
        ours = resize(torch.from_numpy(one).permute(2, 0, 1)[None], *size, resampling)[0].permute(1, 2, 0)
        across = Image.fromarray(one).resize((size[1], before[0]), pillow)  # this order, whatever Pillow's version
        np.testing.assert_array_equal(ours, np.asarray(across.resize((size[1], size[0]), pillow)))


@pytest.mark.parametrize(
    ("processor", "default"),
    [
        (BlipImageProcessorPil, blip.PREPROCESSING),
        (CLIPImageProcessorPil, clip.PREPROCESSING),
        (RTDetrImageProcessorPil, rt_detr.PREPROCESSING),
    ],
)
def test_prepared_pictures_are_the_published_processors(
    processor: Any, default: Preprocessing, tmp_path: Path
) -> None:
    published = processor()
    published.save_pretrained(tmp_path)
    other = Preprocessing(5, 5, "bilinear", crop=default.crop)  # the folder's own settings win
    for prepare in (default, published_preprocessing(tmp_path, other)):
        pictures = [picture(360, 640, 1), picture(361, 480, 2), picture(360, 640, 3)]
        ours = prepare(pictures, CPU)
        for one, prepared in zip(pictures, ours, strict=True):
            expected = published(Image.fromarray(one), return_tensors="np")["pixel_values"][0]
            np.testing.assert_allclose(prepared, expected, atol=1e-5)


def test_settings_that_are_not_known_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "preprocessor_config.json"
    for text, said in (
        ('{"resample": 5}', "not known: 5"),
        ("{", "damaged"),
        ('{"size": {"long": 5}}', "not known"),
    ):
        path.write_text(text)
        with pytest.raises(ModelError, match=said):
            published_preprocessing(tmp_path, blip.PREPROCESSING)


def test_each_clip_gets_the_results_of_its_own_frames() -> None:
    clips = [
        [picture(4, 4, 10 * clip + frame) for frame in range(count)] for clip, count in enumerate([4, 0, 1, 9])
    ]
    batches: list[int] = []

    class Model:
        device = CPU

        def __call__(self, pictures: Any) -> list[bytes]:
            batches.append(len(pictures))
            return [picture.tobytes() for picture in pictures]

    class Broken(Model):
        def __call__(self, pictures: Any) -> list[bytes]:
            return [b""]

    assert by_clip(Model(), clips) == [[frame.tobytes() for frame in clip] for clip in clips]
    assert batches == [8, 6]
    with pytest.raises(ValueError, match="14 frames gave 2 results"):
        by_clip(Broken(), clips)


def test_equal_predictions_are_averaged_over_the_frames_where_they_occur() -> None:
    frames = [{"dog": 0.9, "cat": 0.5}, {"dog": 0.5}, {"ball": 0.7, "axe": 0.7}, {}]
    assert seen_in(frames) == [
        {"label": "dog", "score": pytest.approx(0.7), "frames": 2},
        {"label": "axe", "score": 0.7, "frames": 1},
        {"label": "ball", "score": 0.7, "frames": 1},
        {"label": "cat", "score": 0.5, "frames": 1},
    ]
