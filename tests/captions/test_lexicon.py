"""The sound lexicon, measured on captions that were written before it and that it is never tuned to."""

import csv
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from audsem_data.core.stage import Item
from audsem_data.stages.select.classify_lexicon import open_classify_lexicon
from audsem_data.stages.select.lexicon import load_lexicon
from audsem_data.stages.select.select_captions import SelectConfig

from .driver import open_stage

HELD_OUT = Path(__file__).parent / "heldout_captions.csv"
# Floors just below what was measured first (precision 0.895, recall 0.962), before any miss was looked at.
# Where the lexicon gets worse, it fails; its misses on this list are no reason to change it.
PRECISION, RECALL = 0.88, 0.95


def _classify(*captions: str) -> list[dict[str, Any]]:
    items = [Item(str(n), {"caption": caption}, {}, {}) for n, caption in enumerate(captions)]
    return [dict(outcome.rows[0]) for outcome in open_stage(open_classify_lexicon)(items)]


def test_precision_and_recall_on_held_out_captions(capsys: pytest.CaptureFixture[str]) -> None:
    with HELD_OUT.open(newline="", encoding="utf-8") as file:
        rows = [(row["text"], row["is_sound"] == "1") for row in csv.DictReader(file)]
    assert len(rows) >= 320
    assert 0.4 < sum(is_sound for _, is_sound in rows) / len(rows) < 0.6
    threshold = SelectConfig().min_lexicon_score
    found = [row["score"] >= threshold for row in _classify(*(text for text, _ in rows))]
    hits = sum(is_sound and hit for (_, is_sound), hit in zip(rows, found, strict=True))
    precision, recall = hits / sum(found), hits / sum(is_sound for _, is_sound in rows)
    lines = [f"sound lexicon on {len(rows)} held-out captions: precision {precision:.3f}, recall {recall:.3f}"]
    for (text, is_sound), hit in zip(rows, found, strict=True):
        if is_sound != hit:
            lines.append(f"  {'missed' if is_sound else 'taken for a sound'}: {text}")
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(lines) + "\n")
    assert precision >= PRECISION
    assert recall >= RECALL


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("door opens", "door"),
        ("dog barking", "dog"),
        ("crashing", "stocks crashed in london yesterday"),
        ("man singing", "I am singing"),
        ("bell", "bell 7"),
        ("crowd shouting", "crowd: shouting"),
        ("indistinct chatter", "speaking Spanish"),
        ("music", "music by the author"),
        ('"Blue Moon" plays', '"Blue Moon"'),
        ("it's raining", "it's working"),
        ("100% volume hum", "100% volume"),
        ("inaudible hum", "inaudible"),
        ("3 loud knocks", "page 3"),
    ],
)
def test_evidence_adds_and_speech_takes_away(better: str, worse: str) -> None:
    high, low = _classify(better, worse)
    assert high["score"] > low["score"]


@pytest.mark.parametrize("caption", ["", "   ", "???", "\u97f3", "x" * 10_000, "bark " * 1000])
def test_any_text_scores_between_0_and_1(caption: str) -> None:
    (row,) = _classify(caption)
    assert 0 <= row["score"] <= 1


def test_the_terms_say_why() -> None:
    (row,) = _classify("Muffled DOGS barking, dog barks")
    assert row["terms"] == ["muffled", "dog", "bark"]


def test_a_word_stands_in_the_lexicon_once() -> None:
    from audsem_data.stages.select.lexicon import lexicon_terms

    terms = [term for term, _ in lexicon_terms()]
    assert len(terms) == len(set(terms)) > 1000
    lexicon = load_lexicon()
    assert not [form for form in lexicon.irregular.values() if form not in lexicon.kinds]


@pytest.mark.parametrize(
    "caption", ["it's raining", "100% volume hum", "inaudible hum", "3 knocks", "50 percent buzz"]
)
def test_what_says_nothing_against_a_sound_is_no_reason_to_drop_it(caption: str) -> None:
    (row,) = _classify(caption)
    assert row["score"] >= SelectConfig().min_lexicon_score


WILD = Path(__file__).resolve().parents[3] / "shared" / "samples" / "wild_subtitles"


@pytest.mark.samples
@pytest.mark.skipif(not WILD.is_dir(), reason="no wild subtitles here")
def test_the_measurement_in_the_docs_is_as_of_now() -> None:
    root = Path(__file__).resolve().parents[2]
    made = subprocess.run(
        [sys.executable, root / "docs" / "measure_lexicon.py", WILD], capture_output=True, text=True, check=True
    ).stdout
    assert made.strip() in (root / "docs" / "subtitles.md").read_text(encoding="utf-8")
