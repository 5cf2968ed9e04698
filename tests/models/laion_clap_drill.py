"""CLAP by its authors' package, in an environment of its own: `make laion-clap`. Not collected by `make test`.

The package fetches three text models when it is imported; random ones of the same kinds stand in their place here,
and a checkpoint of random weights is saved by the package itself.
"""

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cpu_standins  # noqa: F401  (first: see there)
import numpy as np
import pytest
import torch

os.environ["HF_HUB_OFFLINE"] = "1"
RATE = 48_000
Array = np.ndarray[Any, Any]


def fabricate(folder: Path) -> None:
    """Save tiny text models where the package looks for the real ones: below the working directory."""
    from tokenizers import pre_tokenizers
    from transformers import BartConfig, BartModel, BertConfig, BertModel, RobertaConfig, RobertaModel

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    names = ["<s>", "<pad>", "</s>", "<unk>", *letters, "<mask>"]
    small: dict[str, Any] = {"num_hidden_layers": 1, "intermediate_size": 64}
    roberta = RobertaConfig(vocab_size=len(names), max_position_embeddings=514, pad_token_id=1, **small)
    bart = BartConfig(vocab_size=len(names), d_model=768, encoder_layers=1, decoder_layers=1)
    for name, model in (("roberta-base", RobertaModel(roberta)), ("facebook/bart-base", BartModel(bart))):
        model.save_pretrained(folder / name)
        (folder / name / "vocab.json").write_text(json.dumps({token: index for index, token in enumerate(names)}))
        (folder / name / "merges.txt").write_text("#version: 0.2\n")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz"]
    BertModel(BertConfig(vocab_size=len(words), **small)).save_pretrained(folder / "bert-base-uncased")
    (folder / "bert-base-uncased" / "vocab.txt").write_text("\n".join(words))


@pytest.fixture(scope="module")
def checkpoint() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fabricate(folder)
        before = Path.cwd()
        os.chdir(folder)
        try:
            import laion_clap

            torch.manual_seed(0)
            module = laion_clap.CLAP_Module(enable_fusion=False, device="cpu")
            # As published: from a time when transformers kept the positions among the weights.
            held = module.model.state_dict() | {"text_branch.embeddings.position_ids": torch.arange(514)[None]}
            torch.save({"state_dict": held}, folder / "clap.pt")
            yield folder / "clap.pt"
        finally:
            os.chdir(before)


def noise(seconds: float, seed: int = 0) -> Array:
    return np.asarray(0.1 * np.random.default_rng(seed).standard_normal(round(seconds * RATE)), np.float32)


def test_it_embeds_as_the_other_backend_does(checkpoint: Path) -> None:
    from audsem_data.core.model import Device
    from audsem_data.models.clap_backend import ClapConfig, open_clap

    model = open_clap(ClapConfig(checkpoint=str(checkpoint), backend="laion-clap"), Device("cpu"))
    clips = [noise(3), noise(10, 1), noise(25, 2), np.zeros(0, np.float32)]
    together = model.embed_audio(clips)
    assert together[3] is None
    for clip, embedding in zip(clips[:3], together[:3], strict=True):
        assert embedding is not None
        assert np.linalg.norm(embedding) == pytest.approx(1, abs=1e-5)
        [alone] = model.embed_audio([clip])
        assert alone is not None
        np.testing.assert_allclose(alone, embedding, atol=1e-5)
    [one, other, again] = model.embed_text(["door slams", "rain", "door slams"])
    assert one is not None and other is not None and again is not None and together[0] is not None
    assert np.linalg.norm(one) == pytest.approx(1, abs=1e-5)
    np.testing.assert_array_equal(one, again)
    assert len(one) == len(together[0])
