"""Generated captions lie in the space of the closed ones, and the figure shows both."""

import json
from pathlib import Path

import numpy as np
import pytest

from audsem_data.core.model import Device
from audsem_data.models.clap import Clap

from . import test_conette
from .test_annotating import cli, rows
from .tiny_transformers import save_clap


def test_generated_captions_are_embedded_and_drawn(workspace: Path, tmp_path: Path) -> None:
    words = {"tokenizer_state": {"tokenizer.itos": test_conette.WORDS}}
    conette = test_conette.save(tmp_path / "conette", test_conette.tensors(), words)
    clap = save_clap(tmp_path / "clap")
    cli("annotate-conette", "-w", workspace, "--set", f"checkpoint={conette}", "--device", "cpu")
    cli("embed-clap-text", "-w", workspace, "--set", f"checkpoint={clap}", "--device", "cpu")
    settings = ("--set", "annotator=conette", "--set", f"checkpoint={clap}", "--device", "cpu")
    cli("embed-clap-generated", "-w", workspace, *settings)
    heard = {row["clip_id"]: row["caption"] for row in rows(workspace, "annotate-conette")}
    made = {row["clip_id"]: row["embedding"] for row in rows(workspace, "embed-clap-generated")}
    assert made.keys() == heard.keys() and made
    model = Clap(clap, Device("cpu"))
    for key, embedding in zip(heard, model.embed_text(list(heard.values())), strict=True):
        assert embedding is not None
        np.testing.assert_allclose(made[key], embedding, atol=1e-5)

    pytest.importorskip("altair")
    cli("figures", "-w", workspace, "--out", tmp_path / "f")
    points = json.loads((tmp_path / "f" / "projection.json").read_text())
    counted = {
        what: sum(point["what"] == what for point in points) for what in ("closed caption", "generated caption")
    }
    assert counted == dict.fromkeys(counted, len(heard))
