"""Thresholds: a stricter one never lets a clip in, and whatever is on asks for its score."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from audsem_data.core.stage import Filter, Item, registered
from audsem_data.runtime.discovery import load_stages
from audsem_data.stages.filter.select_clips import SCORES, SelectClipsConfig, open_select_clips

load_stages()
FILTERS: dict[str, Filter] = {
    name.removeprefix(SCORES).replace("-", "_"): one.filter
    for name, one in registered().items()
    if one.filter and name.startswith(SCORES) and one.open.__module__.startswith("audsem_data.")
}
SCORE = st.floats(-2, 10_000, allow_nan=False)


def kept(items: list[Item], thresholds: dict[str, bool | float]) -> set[str]:
    process = open_select_clips.open(SelectClipsConfig(thresholds=thresholds))
    return {item.key for item, outcome in zip(items, process(items), strict=True) if outcome.rows[0]["keep"]}


def item(key: str, scores: dict[str, float]) -> Item:
    held: dict[str, Any] = {name: {FILTERS[name].column: score} for name, score in scores.items()}
    return Item(key, {"caption": "x", "complete": True, **held}, {}, {})


@given(
    st.lists(st.fixed_dictionaries(dict.fromkeys(FILTERS, SCORE)), max_size=12),
    st.sampled_from(sorted(FILTERS)),
    SCORE,
    SCORE,
)
def test_a_stricter_threshold_only_takes_away(
    rows: list[dict[str, float]], name: str, one: float, other: float
) -> None:
    items = [item(str(number), row) for number, row in enumerate(rows)]
    low, high = sorted((one, other))
    loose, strict = (low, high) if FILTERS[name].at_least is not None else (high, low)
    assert kept(items, {name: strict}) <= kept(items, {name: loose}) <= kept(items, {name: False})


def test_a_score_that_is_missing_is_never_let_through() -> None:
    for name, declared in FILTERS.items():
        stage = SCORES + name.replace("_", "-")
        lacking = Item("a", {"caption": "x", "complete": True, name: None}, {}, {stage: "failed_permanent (x)"})
        assert kept([lacking], {name: True}) == set()
        assert kept([lacking], {name: False}) == {"a"}
        assert (kept([lacking], {}) == set()) is declared.on
