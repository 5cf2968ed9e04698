"""CLIP by open_clip and RT-DETR by ultralytics, in an environment of their own: `make vision`, not `make test`.

Both packages bring torchvision, which does not load beside a torch without CUDA; what they import of it is declared
by cpu_standins.
"""

import gzip
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import cpu_standins  # noqa: F401  (first: see there)
import numpy as np
import open_clip
import pyarrow as pa
import pytest
import torch
from transformers import CLIPConfig, CLIPModel
from ultralytics import RTDETR

from audsem_data.core.model import Device
from audsem_data.core.schema import arrow_schema
from audsem_data.core.stage import Item
from audsem_data.media.clip_frames import ClipFrames
from audsem_data.models.clip import Clip
from audsem_data.models.detections import DetectorConfig
from audsem_data.models.open_clip import OpenClip
from audsem_data.stages.annotate.annotate_rt_detr import open_annotate_rt_detr
from audsem_data.stages.annotate.image_annotator import STILLS

from .test_seeing import PICTURES
from .tiny_vision import save_rt_detr

CPU = Device("cpu")
TEXTS = ("a photo of a dog", "a photo of rain on a roof", "a photo of a car", "a photo of something else entirely")
TINY = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 224, "layers": 2, "width": 64, "patch_size": 32, "head_width": 16},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2},
}


def save_tokenizer(folder: Path) -> None:
    """Write CLIP's vocabulary, which open_clip carries, as transformers reads it."""
    packed = (files("open_clip") / "bpe_simple_vocab_16e6.txt.gz").read_bytes()
    merges = gzip.decompress(packed).decode().splitlines()[1 : 49152 - 256 - 2 + 1]
    letters = list(open_clip.tokenizer.bytes_to_unicode().values())
    words = [*letters, *(letter + "</w>" for letter in letters), *("".join(merge.split()) for merge in merges)]
    names = [*words, "<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({name: index for index, name in enumerate(names)}))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges))
    special = {"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>"}
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "CLIPTokenizer", **special}))


def renamed(held: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return the tensors of an open_clip network under transformers' keys."""
    made = {
        "vision_model.embeddings.patch_embedding.weight": held["visual.conv1.weight"],
        "vision_model.embeddings.class_embedding": held["visual.class_embedding"],
        "vision_model.embeddings.position_embedding.weight": held["visual.positional_embedding"],
        "visual_projection.weight": held["visual.proj"].T,
        "text_model.embeddings.token_embedding.weight": held["token_embedding.weight"],
        "text_model.embeddings.position_embedding.weight": held["positional_embedding"],
        "text_projection.weight": held["text_projection"].T,
        "logit_scale": held["logit_scale"],
    }
    norms = {"visual.ln_pre": "vision_model.pre_layrnorm", "visual.ln_post": "vision_model.post_layernorm"}
    for ours, theirs in {**norms, "ln_final": "text_model.final_layer_norm"}.items():
        made |= {f"{theirs}.{part}": held[f"{ours}.{part}"] for part in ("weight", "bias")}
    parts = {"ln_1": "layer_norm1", "ln_2": "layer_norm2", "mlp.c_fc": "mlp.fc1", "mlp.c_proj": "mlp.fc2"}
    parts |= {"attn.out_proj": "self_attn.out_proj"}
    for tower, target in (("visual.transformer", "vision_model"), ("transformer", "text_model")):
        for layer in range(2):
            block, where = f"{tower}.resblocks.{layer}", f"{target}.encoder.layers.{layer}"
            for part in ("weight", "bias"):
                made |= {f"{where}.{their}.{part}": held[f"{block}.{our}.{part}"] for our, their in parts.items()}
                thirds = held[f"{block}.attn.in_proj_{part}"].chunk(3)
                made |= {f"{where}.self_attn.{n}_proj.{part}": one for n, one in zip("qkv", thirds, strict=True)}
    return made


def test_open_clip_and_transformers_are_equal_on_the_same_weights(tmp_path: Path) -> None:
    (tmp_path / "tiny-clip.json").write_text(json.dumps(TINY))
    open_clip.add_model_config(tmp_path / "tiny-clip.json")
    torch.manual_seed(0)
    network = open_clip.create_model("tiny-clip", pretrained=None)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim > 1:
                parameter.normal_(0, 1.5 / parameter[0].numel() ** 0.5)
    torch.save(network.state_dict(), tmp_path / "tiny.pt")
    sight: dict[str, Any] = {
        "hidden_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 256,
    }
    sight |= {"image_size": 224, "patch_size": 32, "hidden_act": "gelu"}
    text: dict[str, Any] = {
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 128,
    }
    text |= {"vocab_size": 49408, "hidden_act": "gelu", "eos_token_id": 49407}
    model = CLIPModel(CLIPConfig(vision_config=sight, text_config=text, projection_dim=16))
    model.load_state_dict(renamed(network.state_dict()), strict=True)
    model.save_pretrained(tmp_path / "clip")
    save_tokenizer(tmp_path / "clip")
    ours = Clip(tmp_path / "clip", TEXTS, CPU)(PICTURES)
    theirs = OpenClip(tmp_path / "tiny.pt", "tiny-clip", TEXTS, CPU)(PICTURES)
    np.testing.assert_allclose(ours, theirs, atol=1e-4)
    assert float(np.ptp(ours, axis=0).max()) > 1e-3  # the pictures differ


@pytest.mark.parametrize("backend", ["transformers", "ultralytics"])
def test_rows_of_either_detector_have_one_schema(backend: Any, tmp_path: Path) -> None:
    if backend == "transformers":
        checkpoint = save_rt_detr(tmp_path / "rt-detr")
    else:
        checkpoint = tmp_path / "rtdetr-l.pt"
        torch.manual_seed(0)
        RTDETR("rtdetr-l.yaml").save(checkpoint)
    config = DetectorConfig(checkpoint=str(checkpoint), backend=backend, threshold=0.001)
    process = open_annotate_rt_detr.open(config, CPU)
    seconds = tuple(float(number) for number in range(len(PICTURES)))
    items = [Item("a", {}, {STILLS: ClipFrames(tuple(PICTURES), seconds, 5.0)}, {})]
    [outcome] = process(items)
    [row] = outcome.rows
    assert row["objects"]
    assert row["boxes"]
    schema = arrow_schema(open_annotate_rt_detr.emits)
    for column in ("objects", "boxes"):
        assert pa.array([row[column]], schema.field(column).type).to_pylist()[0]
    for box in row["boxes"]:
        assert 0 <= box["left"] <= box["right"] <= 1
        assert box["second"] in seconds
