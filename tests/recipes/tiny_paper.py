"""The paper's recipe with a tiny random model of every architecture, its writers behind a server on loopback."""

from pathlib import Path

import torch
import yaml
from models import test_beats, test_conette, test_lp_musiccaps, test_places365, test_sat
from models.test_annotating import cli
from models.test_caption_classifier import SHIPPED, arguments
from models.tiny_bert import save_bert
from models.tiny_qwen2_audio import save_qwen2_audio
from models.tiny_transformers import save_ast, save_clap
from models.tiny_vision import save_blip, save_clip, save_llava_video, save_rt_detr

from audsem_data.train.labelled import read_labelled

WRITERS = ("generate-captioning", "generate-mc-qa", "generate-open-qa", "generate-creative-writing")


def save_models(folder: Path, names: Path) -> dict[str, dict[str, object]]:
    """Save a model for every stage of the profile `paper` that loads one; return their options."""
    torch.save(test_beats.published(test_beats.TINY), folder / "beats.pt")
    torch.save(test_sat.published(test_sat.TINY), folder / "sat.pt")
    (folder / "places").mkdir()
    words = {"tokenizer_state": {"tokenizer.itos": test_conette.WORDS}}
    clap = str(save_clap(folder / "clap"))
    return {
        "classify-encoder": {"checkpoint": str(_classifier(folder))},
        "mask-names": {"checkpoint": str(names)},
        "annotate-beats": {"checkpoint": str(folder / "beats.pt")},
        "annotate-sat": {"checkpoint": str(folder / "sat.pt")},
        "annotate-ast": {"checkpoint": str(save_ast(folder / "ast"))},
        "annotate-conette": {
            "checkpoint": str(test_conette.save(folder / "conette", test_conette.tensors(), words))
        },
        "annotate-qwen2-audio": {
            "checkpoint": str(save_qwen2_audio(folder / "qwen")), "max_new_tokens": 4, "beams": 1
        },
        "detect-music": {"min_score": 0.0},  # a random tagger hears music everywhere
        "annotate-lp-musiccaps": {"checkpoint": str(test_lp_musiccaps.published(folder / "lp"))},
        "annotate-blip": {"checkpoint": str(save_blip(folder / "blip")), "beams": 1, "max_tokens": 8},
        "annotate-clip": {"checkpoint": str(save_clip(folder / "clip")), "categories": str(_things(folder))},
        "annotate-rt-detr": {"checkpoint": str(save_rt_detr(folder / "rt-detr")), "threshold": 0.25},
        "annotate-places365": {"checkpoint": str(test_places365.save_published(folder / "places"))},
        "annotate-llava-video": {"checkpoint": str(save_llava_video(folder / "llava")), "max_new_tokens": 8},
        "embed-clap-audio": {"checkpoint": clap},
        "embed-clap-text": {"checkpoint": clap},
        "score-similarity": {"checkpoint": str(folder / "bert")},
        "select-clips": {"thresholds": {"similarity": -1, "outliers": 2}},  # random models agree with nobody
    }  # fmt: skip


def write_recipe(path: Path, models: dict[str, dict[str, object]], writer: str, videos: str) -> Path:
    """Write a recipe that is the paper's but for the models, their server and where videos are published."""
    server = {"backend": "openai", "endpoint": writer, "served_model": "m"}
    stages: dict[str, dict[str, object]] = {
        **models,
        "ingest": {"shard_units": 2},
        "classify-llm": dict(server),
        "select-captions": {"min_encoder_score": 0.0, "shard_clips": 12},
        "download": {"url": videos, "rate": 6000.0},
        "score-contamination": {"lists": [str(_benchmark(path.with_name("benchmark.csv")))]},
        **{stage: {**server, "share": 1.0} for stage in WRITERS},
    }
    path.write_text(yaml.safe_dump({"extend": "paper", "profile": "tiny-paper", "stages": stages}))
    return path


def _benchmark(path: Path) -> Path:
    path.write_text("youtube_id,start_time\nnobodyknows,0\n")
    return path


def _things(folder: Path) -> Path:
    (folder / "things.txt").write_text("dog\ncar\nrain on a roof\n")
    return folder / "things.txt"


def _classifier(folder: Path) -> Path:
    base = save_bert(folder / "bert", [row.text for row in read_labelled(SHIPPED)])
    cli(*arguments(folder / "classifier", base, epochs=2))
    return folder / "classifier"
