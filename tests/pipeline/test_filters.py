"""Scores decide in select-clips: which side of which threshold, what is told, and what is on."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from audsem_data.core.errors import UsageError
from audsem_data.core.recipe import Recipe, resolve
from audsem_data.core.stage import _REGISTRY, Filter, Item, Needs, registered, stage
from audsem_data.runtime.discovery import load_stages
from audsem_data.stages.filter.select_clips import SelectClipsConfig, open_select_clips


@pytest.fixture(autouse=True)
def filters() -> Iterator[None]:
    """Declare a filter of its own for each side, one of them off."""
    load_stages()
    for name, one in (
        ("score-far", Filter("distance", "too_far", "an outlier", at_most=0.9)),
        ("score-like", Filter("likeness", "unlike", "unlike its caption", at_least=0.5, on=False)),
    ):
        stage(name, version=1, needs=[Needs("select-captions", ("caption",))], emits=[], filter=one)(
            lambda config: None
        )
    yield
    del _REGISTRY["score-far"], _REGISTRY["score-like"]


def reason(
    config: dict[str, Any] | None = None, missing: dict[str, str] | None = None, **values: Any
) -> str | None:
    """Return why a clip is not kept, of 4 s and with all evidence unless said otherwise."""
    row = {"caption": "barks", "complete": True, "duration": {"duration_ms": 4000}, **values}
    process = open_select_clips.open(SelectClipsConfig(**config or {}))
    [outcome] = process([Item("a_000000000_000004000", row, {}, missing or {})])
    assert outcome.rows[0]["keep"] == (outcome.rows[0]["reason"] is None)
    return outcome.rows[0]["reason"]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({}, None),
        ({"duration": {"duration_ms": 2999}}, "too_short"),
        ({"duration": {"duration_ms": 2999}, "complete": None}, "too_short"),
        ({"duration": {"duration_ms": 3000}}, None),
        ({"complete": None}, "no_media"),
        ({"complete": False}, "incomplete_evidence"),
        ({"far": {"distance": 0.91}}, "too_far"),
        ({"far": {"distance": 0.9}}, None),
        ({"far": {"distance": 0.91}, "complete": False}, "too_far"),
        ({"like": {"likeness": 0.1}}, None),  # off
        ({"like": {"likeness": 0.1}, "config": {"thresholds": {"like": True}}}, "unlike"),
        ({"like": {"likeness": 0.1}, "config": {"thresholds": {"like": 0.05}}}, None),
        ({"like": {"likeness": 0.1}, "config": {"thresholds": {"like": 1}}}, "unlike"),
        ({"far": {"distance": 0.95}, "config": {"thresholds": {"far": False}}}, None),
        ({"duration": {"duration_ms": 2999}, "config": {"min_duration_ms": 0}}, None),
        ({"far": None}, None),  # not applicable
        ({"far": None, "missing": {"score-far": "failed_permanent (broken)"}}, "incomplete_evidence"),
        ({"like": None, "missing": {"score-like": "not_run"}}, None),  # off: nobody waits for it
        ({"far": None, "missing": {"score-far": "not_run"}, "config": {"require_evidence": False}}, None),
    ],
)
def test_what_decides(said: dict[str, Any], why: str | None) -> None:
    assert reason(**said) == why


def test_a_threshold_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match=r"no filter is called 'fra'; filters: .*far"):
        reason({"thresholds": {"fra": 1}})
    with pytest.raises(ValidationError):
        SelectClipsConfig(thresholds={"far": "much"})
    with pytest.raises(ValueError, match="one threshold"):
        Filter("x", "y", "z", at_least=1, at_most=2)


def test_only_what_the_recipe_runs_is_asked() -> None:
    known = registered()
    recipe = Recipe(profile="offline", stages={"select-captions": {}, "score-far": {}, "select-clips": {}})
    needs = {need.stage: need.struct for need in resolve(known["select-clips"], recipe, known).needs}
    assert needs == {"select-captions": None, "combine": None, "score-far": "far"}
    assert [column.name for column in resolve(known["select-clips"], recipe, known).emits] == ["keep", "reason"]
