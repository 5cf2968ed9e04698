"""The caption classifier: trained by its command, honest about itself, resumed, and scoring alike in any batch."""

import csv
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from audsem_data.core.errors import InputError, ModelError
from audsem_data.core.model import Device
from audsem_data.models.caption_classifier import CaptionClassifier
from audsem_data.train.labelled import read_labelled, split_labelled
from audsem_data.train.scoring import fit_temperature, measure, sigmoid

from .test_annotating import cli, rows
from .tiny_bert import save_bert

SHIPPED = Path(__file__).resolve().parents[2] / "stages" / "select" / "labelled_captions.csv"
HELD_OUT = Path(__file__).resolve().parents[1] / "captions" / "heldout_captions.csv"


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_bert(tmp_path_factory.mktemp("bert"), [row.text for row in read_labelled(SHIPPED)])


def arguments(out: Path, base: Path, epochs: int = 25) -> Sequence[str | Path]:
    fast = ("--epochs", str(epochs), "--learning-rate", "3e-3", "--batch", "16", "--device", "cpu")
    return ("train-caption-classifier", "--out", out, "--base", base, *fast)


@pytest.fixture(scope="session")
def trained(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("trained") / "classifier"
    cli(*arguments(out, base))
    return out


def test_the_shipped_captions_are_balanced_and_not_those_held_out() -> None:
    captions = read_labelled(SHIPPED)
    assert len(captions) >= 200
    assert sum(row.label for row in captions) * 2 == len(captions)
    with HELD_OUT.open(encoding="utf-8", newline="") as lines:
        held_out = {row["text"].lower() for row in csv.DictReader(lines)}
    assert not held_out & {row.text.lower() for row in captions}


def test_it_learns_and_says_how_well(trained: Path, base: Path) -> None:
    facts = json.loads((trained / "metrics.json").read_text())
    test = facts["test"]
    sys.stdout.write(f"tiny model on {test['captions']} captions not seen: F1 {test['f1']:.3f}\n")
    captions = split_labelled(read_labelled(SHIPPED), 42)
    classifier = CaptionClassifier(trained, Device("cpu"))
    again = measure(classifier([r.text for r in captions.test]), [r.label for r in captions.test])
    assert facts["test"] == pytest.approx(again._asdict())
    assert facts["test"]["accuracy"] > 0.6  # half of them are sounds
    assert facts["test"]["f1"] > 0.6
    seen = measure(classifier([r.text for r in captions.train]), [r.label for r in captions.train])
    assert seen.accuracy > 0.8, seen
    assert f"F1 {facts['test']['f1']:.3f}" in (trained / "README.md").read_text()


def test_a_run_cut_short_goes_on(base: Path, trained: Path, tmp_path: Path) -> None:
    out = tmp_path / "classifier"
    cli(*arguments(out, base, epochs=2))
    first = sorted(path.name for path in (out / "epochs").glob("checkpoint-*"))
    cli(*arguments(out, base, epochs=4))
    facts = json.loads((out / "metrics.json").read_text())
    assert facts["epochs"] == 4
    assert first
    assert first[0] not in [path.name for path in (out / "epochs").glob("checkpoint-*")]


def test_a_score_does_not_depend_on_its_batch(trained: Path) -> None:
    captions = [*[row.text for row in read_labelled(SHIPPED)][:60], "x" * 900, "", "\u266a"]
    classifier = CaptionClassifier(trained, Device("cpu"))
    together = classifier(captions)
    alone = [classifier([caption])[0] for caption in captions]
    assert together == pytest.approx(alone, abs=1e-5)
    assert classifier(captions[::-1]) == pytest.approx(together[::-1], abs=1e-5)


def test_the_stage_scores_captions(workspace: Path, trained: Path) -> None:
    said = cli("classify-encoder", "-w", workspace, expect=2)
    assert "train-caption-classifier" in said
    cli("classify-encoder", "-w", workspace, "--set", f"checkpoint={trained}", "--device", "cpu")
    scores = {row["cue_id"]: row["score"] for row in rows(workspace, "classify-encoder")}
    captions = {row["cue_id"]: row["caption"] for row in rows(workspace, "extract-sdh")}
    assert scores.keys() == captions.keys()
    classifier = CaptionClassifier(trained, Device("cpu"))
    assert list(scores.values()) == pytest.approx([classifier([captions[key]])[0] for key in scores], abs=1e-5)


def test_what_is_no_classifier(tmp_path: Path, base: Path) -> None:
    with pytest.raises(ModelError, match="cannot be loaded as AutoModel"):
        CaptionClassifier(tmp_path, Device("cpu"))
    with pytest.raises(ModelError, match="its labels are"):
        CaptionClassifier(base, Device("cpu"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("caption,is_sound\na,1\n", "line 2: expected text and is_sound"),
        ("text,is_sound\na,1\nb,maybe\n", "line 3: expected"),
        ("text,is_sound\na,1\na,0\n", "line 3: 'a' has both labels"),
        ("text,is_sound\na,1\nb,0\n", "holds 1 sounds"),
    ],
)
def test_labels_that_cannot_be_trained_on(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(InputError, match=said):
        read_labelled(tmp_path / "labels.csv")


def test_temperature_calibrates() -> None:
    sure = [4.0, 4, 4, 4, -4, -4, -4, -4]
    labels = [1, 1, 1, 0, 0, 0, 0, 1]  # right three times of four
    temperature = fit_temperature(sure, labels)
    assert sigmoid(4 / temperature) == pytest.approx(0.75, abs=1e-3)
    before = measure([sigmoid(x) for x in sure], labels)
    after = measure([sigmoid(x / temperature) for x in sure], labels)
    assert after.ece < 0.01 < before.ece
    assert after.f1 == before.f1 == 0.75
