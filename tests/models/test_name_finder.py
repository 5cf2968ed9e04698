"""mask-names: a tiny token classifier that learned some names, beside transformers' pipeline, and end to end."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from transformers import (
    AutoTokenizer,
    BertConfig,
    BertForTokenClassification,
    TokenClassificationPipeline,
)

from audsem_data.core.errors import ModelError
from audsem_data.core.model import Device
from audsem_data.models.name_finder import NameFinder

from .test_annotating import cli, rows

NAMES = ["John", "Mary", "Ann", "Smith", "O'Brien", "Jean-Luc", "Rosa"]
OTHERS = ["laughs", "door", "slams", "dog", "barks", "in", "the", "of", "Wind", "Birds", "sing", "car", "Paris"]
LABELS = ["O", "B-PER", "I-PER", "B-LOC"]


@pytest.fixture(scope="session")
def finder_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cased BERT of two layers that has learned which of these words are names."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("ner")
    letters = [chr(code) for code in range(33, 127)]
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters)]
    pieces += [piece for word in (*NAMES, *OTHERS) for piece in _pieces(word)]
    vocabulary = {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}
    fast = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    fast.normalizer = normalizers.BertNormalizer(lowercase=False)
    fast.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    fast.decoder = decoders.WordPiece()
    fast.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])]
    )
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=fast, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    )
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=96,
        max_position_embeddings=160,
        id2label=dict(enumerate(LABELS)),
        label2id={name: number for number, name in enumerate(LABELS)},
    )
    network = BertForTokenClassification(config)
    _train(network, tokenizer)
    network.save_pretrained(folder)
    return folder


def _pieces(word: str) -> list[str]:
    parts = word.replace("'", " ' ").replace("-", " - ").split()
    return [part for part in parts if len(part) > 1]


def _train(network: BertForTokenClassification, tokenizer: object) -> None:
    generator = torch.Generator().manual_seed(1)
    words = [(word, 1) for word in NAMES] + [(word, 3 if word == "Paris" else 0) for word in OTHERS]
    optimizer = torch.optim.Adam(network.parameters(), 3e-3)
    network.train()
    for _ in range(150):
        chosen = [[words[int(i)] for i in torch.randint(len(words), (6,), generator=generator)] for _ in range(16)]
        batch = tokenizer(  # type: ignore[operator]
            [[word for word, _ in line] for line in chosen],
            is_split_into_words=True,
            padding=True,
            return_tensors="pt",
        )
        labels = torch.full_like(batch["input_ids"], -100)
        for row, line in enumerate(chosen):
            for place, word in enumerate(batch.word_ids(row)):
                if word is not None:
                    labels[row, place] = line[word][1]
        loss = network(**batch, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    network.eval()  # type: ignore[no-untyped-call]


TEXTS = [
    "[John laughs]", "[Mary Ann Smith laughs]", "[door slams]", "[Rosa's dog barks]", "[JOHN LAUGHS]",
    "[O'Brien laughs]", "[Jean-Luc laughs]", "[Wind in Paris]", "[John, Mary laughs]", "[the dog of Rosa barks]",
    "[-]",
]  # fmt: skip
FOUND = [
    ["John"], ["Mary Ann Smith"], [], ["Rosa"], ["JOHN"],
    ["O'Brien"], ["Jean-Luc"], [], ["John", "Mary"], ["Rosa"], [],
]  # fmt: skip


def named(finder: NameFinder, texts: Sequence[str]) -> list[list[str]]:
    return [[text[begin:end] for begin, end in spans] for text, spans in zip(texts, finder(texts), strict=True)]


def test_names_are_found_whole_and_nothing_else(finder_folder: Path) -> None:
    assert named(NameFinder(finder_folder, Device("cpu")), TEXTS) == FOUND


def test_what_is_found_does_not_depend_on_the_batch(finder_folder: Path) -> None:
    finder = NameFinder(finder_folder, Device("cpu"))
    assert [named(finder, [text])[0] for text in TEXTS] == FOUND
    long = " ".join(["Mary laughs"] * 100)
    assert named(finder, [*TEXTS, long])[: len(TEXTS)] == FOUND


def test_words_are_those_that_transformers_finds(finder_folder: Path) -> None:
    """Where no apostrophe or hyphen cuts a word, the pipeline's words and ours are the same."""
    plain = [text[1:-1] for text in TEXTS if not set("'-") & set(text) and not text.isupper()]
    theirs = TokenClassificationPipeline(  # type: ignore[no-untyped-call]
        model=BertForTokenClassification.from_pretrained(finder_folder),
        tokenizer=AutoTokenizer.from_pretrained(finder_folder),
        aggregation_strategy="first",
    )
    ours = NameFinder(finder_folder, Device("cpu"))
    for text in plain:
        words = [part for name in named(ours, [text])[0] for part in name.split()]
        found = [part for one in theirs(text) if one["entity_group"] == "PER" for part in one["word"].split()]
        found = [part for part in found if part.isalnum()]  # it takes a comma for a word
        assert words == found, text


def test_a_classifier_without_persons_is_refused(finder_folder: Path, tmp_path: Path) -> None:
    network = BertForTokenClassification.from_pretrained(finder_folder)
    network.config.id2label = {0: "O", 1: "B-LOC", 2: "I-LOC", 3: "B-ORG"}
    network.save_pretrained(tmp_path)
    AutoTokenizer.from_pretrained(finder_folder).save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="finds no persons"):
        NameFinder(tmp_path, Device("cpu"))


def test_clips_carry_the_masked_caption(finder_folder: Path, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text('video_id,start,end,text\nv,1,5,"[John laughs]"\nv,6,10,"[door slams]"\n')
    workspace = tmp_path / "w"
    cli("run", "--profile", "offline", "--source", table, "-w", workspace, "--until", "classify-lexicon")
    cli("mask-names", "-w", workspace, "--device", "cpu", "--set", f"checkpoint={finder_folder}")
    cli("run", "-w", workspace, "--until", "select-captions", "--device", "cpu")
    kept = [(row["text"], row["caption"]) for row in rows(workspace, "select-captions")]
    assert kept == [("[person laughs]", "person laughs"), ("[door slams]", "door slams")]
    assert [row["names"] for row in rows(workspace, "mask-names")] == [1, 0]
