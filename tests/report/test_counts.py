"""What figures show is what the data say, counted another way."""

import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pyarrow.parquet as pq
import pytest
from pipeline.conftest import SAMPLES, run_cli

from audsem_data.browse.index import Index
from audsem_data.browse.search import Query, search
from audsem_data.browse.tables import tables_of
from audsem_data.media.spectrogram import spectrogram_png
from audsem_data.models.audioset import categories, labels
from audsem_data.report.counts import count_clips, count_texts
from audsem_data.report.library import open_library, read_attempts
from audsem_data.report.projection import principal_components, project
from audsem_data.runtime.discovery import load_stages
from audsem_data.runtime.session import existing_context
from report.committing import commit_rows
from report.hostile import HOSTILE, HostileLibrary

TOP_LEVEL = {
    "Human sounds",
    "Animal",
    "Music",
    "Natural sounds",
    "Sounds of things",
    "Source-ambiguous sounds",
    "Channel, environment and background",
}


def test_a_workspace_and_its_dataset_count_the_same(built: Path) -> None:
    here, there = (count_clips(open_library(folder)) for folder in (built, built / "audsem"))
    assert here.clips == here.kept == there.clips > 0
    assert here.durations == there.durations and sum(here.durations.values()) == here.clips
    assert here.loudness == there.loudness
    texts = [count_texts(open_library(folder)) for folder in (built, built / "audsem")]
    assert texts[0].examples == texts[1].examples
    assert texts[0].terms == texts[1].terms


def test_figures_are_files_and_the_funnel_adds_up(built: Path, tmp_path: Path) -> None:
    said = run_cli("figures", "--workspace", built, "--out", tmp_path / "f").stdout
    assert "annotate-beats" in said
    for name in ("stages", "durations", "letters", "descriptors"):
        assert (tmp_path / "f" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert ElementTree.parse(tmp_path / "f" / f"{name}.svg").getroot().tag.endswith("svg")
    rows = json.loads((tmp_path / "f" / "funnel.json").read_text())
    assert pq.read_table(tmp_path / "f" / "funnel.parquet").to_pylist() == rows
    for stage in {row["stage"] for row in rows}:
        mine = [row for row in rows if row["stage"] == stage and row["outcome"] != "not_kept"]
        assert sum(row["rows"] for row in mine) == mine[0]["rows_in"]
    left = next(row for row in rows if row["reason"] == "below_threshold")
    assert left["meaning"] and left["stage"] == "select-captions"


def test_a_threshold_moves_clips_from_kept_to_left_out(workspace: Path, tmp_path: Path) -> None:
    run_cli("invalidate", "select-clips", "--workspace", workspace)
    run_cli(
        "run", "--workspace", workspace, "--until", "select-clips", "--set", "select-clips.min_duration_ms=4000"
    )
    counted = count_clips(open_library(workspace))
    assert 0 < counted.kept < counted.clips
    assert counted.not_kept == {"too_short": counted.clips - counted.kept}
    run_cli("figures", "--workspace", workspace, "--out", tmp_path)
    rows = json.loads((tmp_path / "funnel.json").read_text())
    assert [row["rows"] for row in rows if row["reason"] == "too_short"] == [counted.clips - counted.kept]


def test_categories_are_those_of_the_ontology() -> None:
    assert set(categories()) == set(labels())
    assert set(categories().values()) == TOP_LEVEL
    assert categories()["Dog"] == "Animal" and categories()["Thunder"] == "Natural sounds"


def test_the_table_of_categories_is_made_of_the_published_ontology() -> None:
    published = SAMPLES.parent / "lists" / "audioset_ontology.json"
    if not published.is_file():
        pytest.skip("the ontology is not beside this checkout")
    nodes = {node["name"]: node for node in json.loads(published.read_text())}
    by_id = {node["id"]: node for node in nodes.values()}

    def below(name: str) -> set[str]:
        found = {name}
        for child in nodes[name]["child_ids"]:
            found |= below(by_id[child]["name"])
        return found

    for label, category in categories().items():
        if label in nodes:  # a few are spelled otherwise in the index
            assert label in below(category)


def test_clips_of_a_category_are_counted_before_and_after() -> None:
    counted = count_clips(HostileLibrary())
    kept = sum(number % 2 == 0 for number in range(len(HOSTILE)))
    assert counted.categories == {("Human sounds", "kept"): kept, ("Human sounds", "left out"): len(HOSTILE) - kept}


def test_principal_components_are_the_eigenvectors_of_the_covariance() -> None:
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(300, 12)) * np.linspace(5, 1, 12)
    places, explained = principal_components(vectors)
    values, axes = np.linalg.eigh(np.cov(vectors.T))
    expected = (vectors - vectors.mean(0)) @ axes[:, [-1, -2]]
    assert np.allclose(np.abs(places), np.abs(expected))
    assert np.allclose(explained, values[[-1, -2]] / values.sum())
    again, _ = principal_components(vectors[::-1])
    assert np.allclose(again[::-1], places), "the order of clips turns no axis"


def test_without_embeddings_there_are_no_points(built: Path) -> None:
    assert project(open_library(built)) == ([], (0.0, 0.0))
    assert len(project(HostileLibrary())[0]) == len(HOSTILE)


def test_attempts_are_read_from_what_an_outcome_tells() -> None:
    told = "simple 1: judged: it says; so 2: x; semantic 1: unreadable: not JSON; semantic 2: judged: no"
    found = list(read_attempts("k", "mc_qa", told, final=True))
    assert [(one.variant, one.attempt, one.reason, one.detail) for one in found] == [
        ("simple", 1, "judged", "it says; so 2: x"),
        ("semantic", 1, "unreadable", "not JSON"),
        ("semantic", 2, "judged", "no"),
    ]


def test_a_tone_is_one_bright_line_at_its_frequency() -> None:
    from io import BytesIO

    from PIL import Image

    rate = 32_000
    tone = np.sin(2 * np.pi * 1000 * np.arange(2 * rate) / rate).astype(np.float32)
    picture = np.asarray(Image.open(BytesIO(spectrogram_png(tone, rate, 200, 100))).convert("L"), np.float64)
    assert picture.shape == (100, 200)
    brightest = picture[:, 20:-20].mean(axis=1).argmax()
    expected = 99 * (1 - np.log(1000 / 60) / np.log(16_000 / 60))
    assert abs(brightest - expected) <= 2


@pytest.mark.parametrize("samples", [[], [0.0] * 9000, [float("nan")] * 100, [0.5]])
def test_a_spectrogram_is_drawn_of_whatever_is_there(samples: list[float]) -> None:
    assert spectrogram_png(np.array(samples, np.float32), 32_000).startswith(b"\x89PNG")


def test_what_an_annotator_says_counts_before_it_is_combined(workspace: Path) -> None:
    """An annotator that joined later: its shards stand, and those of `combine` do not know it yet."""
    context = existing_context(workspace)
    context.workspace.save_recipe(context.recipe.with_stage(load_stages()["annotate-beats"], load_stages()))
    stage = existing_context(workspace).stages["annotate-beats"]
    keys = [key for table in open_library(workspace).clips({"clip_id"}) for key in table["clip_id"].to_pylist()]
    rows = [{"clip_id": key, "tags": [{"label": "Dog", "score": 0.9}]} for key in keys]
    commit_rows(context, stage, rows)
    assert count_clips(open_library(workspace)).categories == {("Animal", "kept"): len(keys)}
    index = Index(tables_of(open_library(workspace)), [])
    assert search(index, Query(tag="Dog")).total == len(keys)
    index.close()
