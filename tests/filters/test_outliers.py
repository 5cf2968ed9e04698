"""Outliers: sums of shards give what comparing everything would; a missing embedding is never let through."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audsem_data.core.outcome import Done
from audsem_data.core.stage import Item
from audsem_data.stages.filter.outliers import distance_to_mean, mean_distance, summed, total
from audsem_data.stages.filter.score_outliers import OutlierConfig, Outliers

Array = np.ndarray[Any, Any]


def points(count: int, seed: int = 0, around: float = 1.0) -> Array:
    """Return points of length 1 about a direction."""
    chance = np.random.default_rng(seed)
    raw = chance.standard_normal((count, 32)) + around * chance.standard_normal(32)
    return np.asarray(raw / np.linalg.norm(raw, axis=1, keepdims=True), np.float32)


def items(sounds: Array, captions: Array) -> list[Item]:
    both = zip(sounds, captions, strict=True)
    return [
        Item(str(n), {"sound": {"embedding": one}, "caption": {"embedding": other}}, {}, {})
        for n, (one, other) in enumerate(both)
    ]


def scores(metric: Any, shards: list[tuple[Array, Array]]) -> list[dict[str, float]]:
    """Return the rows of all shards, as the corpus stage makes them."""
    outliers = Outliers(OutlierConfig(metric=metric))
    state = outliers.reduce([outliers.summarize(items(*shard)) for shard in shards])
    process = outliers.apply(state)
    found = []
    for shard in shards:
        for outcome in process(items(*shard)):
            assert isinstance(outcome, Done)
            found.append(dict(outcome.rows[0]))
    return found


def test_the_paper_measures_from_the_mean() -> None:
    sound, caption = points(300), points(300, seed=1)
    found = scores("mean", [(sound[:100], caption[:100]), (sound[100:], caption[100:])])
    for side, held in (("sound_distance", sound), ("caption_distance", caption)):
        mean = held.astype(np.float64).mean(axis=0)
        expected = 1 - held @ mean / np.linalg.norm(mean)
        np.testing.assert_allclose([row[side] for row in found], expected, atol=1e-9)
    assert [row["distance"] for row in found] == [
        max(row["sound_distance"], row["caption_distance"]) for row in found
    ]


def test_the_authors_compare_all_pairs() -> None:
    sound, caption = points(2000), points(2000, seed=1)
    found = scores("pairwise", [(sound[:700], caption[:700]), (sound[700:], caption[700:])])
    exact = sound.astype(np.float64)
    pairs = 1 - exact @ exact.T
    expected = (pairs.sum(axis=1) - np.diag(pairs)) / (len(exact) - 1)
    np.testing.assert_allclose([row["sound_distance"] for row in found], expected, atol=1e-9)


def test_one_far_point_among_many_is_found() -> None:
    sound = points(500, around=3.0)
    sound[123] = -sound[123]
    found = scores("mean", [(sound, points(500, seed=1, around=3.0))])
    assert [n for n, row in enumerate(found) if row["distance"] > 0.9] == [123]


def test_corpora_of_no_direction_and_of_one_point() -> None:
    there_and_back = np.array([[1, 0], [-1, 0]], np.float32)
    assert distance_to_mean(there_and_back, summed(there_and_back)).tolist() == [1, 1]
    assert mean_distance(there_and_back[:1], summed(there_and_back[:1])).tolist() == [0]
    assert total([]) == {"count": 0, "sum": []}


@given(st.lists(st.integers(1, 40), min_size=1, max_size=6))
def test_how_a_corpus_is_cut_into_shards_changes_nothing(sizes: list[int]) -> None:
    held = points(sum(sizes))
    cuts = np.split(held, np.cumsum(sizes)[:-1])
    whole, parts = summed(held), total([summed(cut) for cut in cuts])
    assert parts["count"] == whole["count"]
    np.testing.assert_allclose(parts["sum"], whole["sum"], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("distance", [distance_to_mean, mean_distance])
def test_distances_are_cosines(distance: Any) -> None:
    held = points(50, around=0.0)
    found = distance(held, summed(held))
    assert ((found >= 0) & (found <= 2)).all()
