"""What image models cost beside their networks: preparing against Pillow, whole classes against bare networks.

    python benchmarks/bench_pictures.py [--device cuda] [--clips 64]

Networks of the published sizes with random weights, on pictures of 640 x 360, four a clip. The bare network gets
prepared batches of the size that ours have, so the ratio is what our class adds: preparing, copying, reading
results. Busy is the time of the GPU's kernels in the time that ours took. Decoding is measured on a clip as
`standardize` makes it: one decode for five annotators against a decode for each.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tokenizers
import torch
from av import VideoFrame
from PIL import Image
from transformers import (
    BlipConfig,
    BlipForConditionalGeneration,
    CLIPConfig,
    CLIPModel,
    PreTrainedTokenizerFast,
    RTDetrConfig,
    RTDetrForObjectDetection,
)

from audsem_data.core.model import Device
from audsem_data.core.stage import Frames, Media
from audsem_data.media.clip_frames import choose, decode_frames
from audsem_data.media.encode import encode_video
from audsem_data.models.blip import Blip
from audsem_data.models.clip import Clip
from audsem_data.models.frame_batches import by_clip
from audsem_data.models.places365 import CATEGORIES, PREPROCESSING, Places365
from audsem_data.models.preprocessing import Preprocessing
from audsem_data.models.rt_detr import RtDetr

REPEATS = 3
SHAPES = Path(__file__).parents[1] / "tests" / "models" / "parity" / "places365_resnet50.json"
Array = np.ndarray[Any, Any]


def pictures(count: int, height: int = 360, width: int = 640) -> list[Array]:
    generator = np.random.default_rng(0)
    coarse = generator.integers(0, 256, (count, 9, 16, 3), dtype=np.uint8)
    return [np.asarray(Image.fromarray(one).resize((width, height), Image.Resampling.BICUBIC)) for one in coarse]


def timed(work: Callable[[], object], cuda: bool) -> float:
    """Return the median seconds of some runs, after one that does not count."""
    seconds = []
    for turn in range(REPEATS + 1):
        begun = time.perf_counter()
        work()
        if cuda:
            torch.cuda.synchronize()
        if turn:
            seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds)


def busy(work: Callable[[], object]) -> float:
    """Return which part of the time the GPU's kernels ran."""
    activities = [torch.profiler.ProfilerActivity.CUDA]
    with torch.profiler.profile(activities=activities) as profile:
        begun = time.perf_counter()
        work()
        torch.cuda.synchronize()
        whole = time.perf_counter() - begun
    return sum(event.self_device_time_total for event in profile.key_averages()) / 1e6 / whole


def save_tokenizer(folder: Path) -> None:
    letters = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: index for index, token in enumerate(("[PAD]", "[BOS]", "[EOS]", "[UNK]", *letters))}
    whole = tokenizers.Tokenizer(tokenizers.models.BPE(vocabulary, [], unk_token="[UNK]"))
    whole.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    PreTrainedTokenizerFast(tokenizer_object=whole, pad_token="[PAD]", unk_token="[UNK]").save_pretrained(folder)


def saved(folder: Path) -> dict[str, Path]:
    """Save networks of the published sizes with random weights."""
    torch.manual_seed(0)
    paths = {name: folder / name for name in ("blip", "clip", "rt-detr", "places365")}
    sight = {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096}
    BlipForConditionalGeneration(BlipConfig(vision_config={**sight, "image_size": 384})).save_pretrained(
        paths["blip"]
    )
    CLIPModel(CLIPConfig()).save_pretrained(paths["clip"])
    RTDetrForObjectDetection(RTDetrConfig(num_labels=80)).save_pretrained(paths["rt-detr"])
    for name in ("blip", "clip"):
        save_tokenizer(paths[name])
    paths["places365"].mkdir()
    shapes = json.loads(SHAPES.read_text())["state_dict"]
    held = {f"module.{key}": 0.02 * torch.randn(shape).abs() for key, shape in shapes.items()}
    torch.save({"state_dict": held}, paths["places365"] / "resnet50.pth")
    (paths["places365"] / CATEGORIES).write_text("".join(f"/x/{i} {i}\n" for i in range(365)))
    return paths


def models(paths: dict[str, Path], device: Device, dtype: str) -> dict[str, tuple[Any, Callable[[Any], Any]]]:
    """Return each model, and what runs its bare network on a prepared batch."""
    texts = [f"a photo of a {number}" for number in range(1000)]
    blip = Blip(paths["blip"], device, dtype)
    clip = Clip(paths["clip"], texts, device, dtype)
    detr = RtDetr(paths["rt-detr"], device, dtype)
    places = Places365(paths["places365"] / "resnet50.pth", device, dtype)
    return {
        "BLIP": (blip, lambda batch: blip.network.generate(pixel_values=batch, **blip._search)),
        "CLIP": (clip, lambda batch: clip.network.get_image_features(pixel_values=batch)),
        "RT-DETR": (detr, detr.network),
        "Places365": (places, places.network),
    }


def prepare(model: Any) -> Preprocessing:
    return getattr(model, "_prepare", PREPROCESSING)


def report_models(clips: Sequence[Sequence[Array]], device: Device, cuda: bool) -> None:
    frames = [frame for clip in clips for frame in clip]
    with tempfile.TemporaryDirectory() as folder:
        paths = saved(Path(folder))
        for dtype in ("float32", "bfloat16") if cuda else ("float32",):
            for name, (model, bare) in models(paths, device, dtype).items():
                report_model(f"{name} {dtype}", model, bare, clips, frames, cuda)


def report_model(
    name: str, model: Any, bare: Callable[[Any], Any], clips: Any, frames: Sequence[Array], cuda: bool
) -> None:
    size = 128 if cuda else 8
    dtype = next(model.network.parameters()).dtype
    batches = [
        prepare(model)(frames[begin : begin + size], model.device).to(dtype)
        for begin in range(0, len(frames), size)
    ]

    def ours() -> object:
        return by_clip(model, clips)

    def alone() -> None:
        with torch.inference_mode():
            for batch in batches:
                bare(batch)

    whole, network = timed(ours, cuda), timed(alone, cuda)
    line = f"{name:20} {len(frames) / whole:9.1f} pictures/s, {network / whole:5.2f} of the bare network"
    print(line + (f", GPU busy {busy(ours):4.0%}" if cuda else ""))


def report_preparing(frames: Sequence[Array], device: torch.device, cuda: bool) -> None:
    for name, how in (
        ("256, crop 224, bilinear", PREPROCESSING),
        ("384, bicubic", Preprocessing(384, 384, "bicubic")),
    ):
        filter_ = Image.Resampling.BILINEAR if how.resampling == "bilinear" else Image.Resampling.BICUBIC

        def pillow(how: Preprocessing = how, filter_: Any = filter_) -> None:
            for frame in frames:
                small = Image.fromarray(frame).resize((how.width or how.height, how.height), filter_)
                one = torch.from_numpy(np.array(small)).permute(2, 0, 1).float() / 255
                (one - torch.tensor(how.mean)[:, None, None]) / torch.tensor(how.deviation)[:, None, None]

        ours, theirs = timed(lambda how=how: how(frames, device), cuda), timed(pillow, cuda)
        print(f"preparing to {name:24} {len(frames) / ours:8.0f} pictures/s, {theirs / ours:.2f} x Pillow's loop")


def report_decoding(frames: Sequence[Array]) -> None:
    mp4 = encode_video([VideoFrame.from_ndarray(frame, format="rgb24") for frame in frames[:20]], 2)
    needs: tuple[Media, ...] = (Frames("stills", 4), Frames("uniform", 8))

    def shared() -> None:
        decoded = decode_frames(mp4)
        for need in needs:
            choose(decoded, need)  # type: ignore[arg-type]

    def each() -> None:
        for need in needs * 2 + needs[:1]:  # five annotators
            choose(decode_frames(mp4), need)  # type: ignore[arg-type]

    one = timed(shared, False)
    print(f"a clip of 10 s is decoded in {one * 1000:.0f} ms; for each of five: {timed(each, False) / one:.1f} x")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--clips", type=int, default=2)
    chosen = parser.parse_args()
    cuda = chosen.device.startswith("cuda")
    print(
        torch.cuda.get_device_name() if cuda else f"{torch.get_num_threads()} threads", "torch", torch.__version__
    )
    frames = pictures(4 * chosen.clips)
    report_preparing(frames, torch.device(chosen.device), cuda)
    report_decoding(pictures(20))
    report_models([frames[begin : begin + 4] for begin in range(0, len(frames), 4)], Device(chosen.device), cuda)


if __name__ == "__main__":
    main()
