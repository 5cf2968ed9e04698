"""Recipes of the user's own: what they extend, change and leave out, and how they are refused."""

from pathlib import Path

import pytest
import yaml

from audsem_data.core.errors import RecipeDriftError, UsageError
from audsem_data.core.recipe import running_order
from audsem_data.runtime.context import RunOptions
from audsem_data.runtime.discovery import load_stages
from audsem_data.runtime.profiles import load_profile, load_recipe, profiles
from audsem_data.runtime.session import Edits, driving, open_context

KNOWN = load_stages()


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


@pytest.mark.parametrize("name", profiles())
def test_every_profile_can_run(name: str) -> None:
    recipe = load_profile(name)
    assert recipe.profile == name
    for stage in running_order(recipe, KNOWN):
        recipe.options(stage)


def test_a_recipe_extends_a_profile_and_another_file(tmp_path: Path) -> None:
    write(
        tmp_path / "base.yaml",
        "extend: offline\nstages:\n  annotate-acoustics: false\n  annotate-ast: {dtype: bfloat16}\n",
    )
    mine = write(
        tmp_path / "mine.yaml",
        "audsem: 1\nextend: base.yaml\n"
        "stages:\n  annotate-ast: {checkpoint: x}\n  select-clips: {min_duration_ms: 2000}\n",
    )
    recipe = load_recipe(mine, KNOWN)
    assert recipe.profile == "mine"
    assert recipe.stages["annotate-ast"] == {"dtype": "bfloat16", "checkpoint": "x"}
    assert recipe.stages["select-clips"] == {"min_duration_ms": 2000}
    names = list(recipe.stages)
    assert "annotate-acoustics" not in names
    assert names.index("standardize") < names.index("annotate-ast") < names.index("combine")
    assert [n for n in names if n != "annotate-ast"] == [
        n for n in load_profile("offline").stages if n != "annotate-acoustics"
    ]


def test_a_recipe_that_stands_alone_keeps_its_order(tmp_path: Path) -> None:
    stages: dict[str, dict[str, str]] = {
        "ingest": {},
        "extract-sdh": {},
        "classify-lexicon": {},
        "select-captions": {},
    }
    mine = write(tmp_path / "short.yaml", yaml.safe_dump({"profile": "brief", "stages": stages}, sort_keys=False))
    recipe = load_recipe(mine, KNOWN)
    assert (recipe.profile, list(recipe.stages)) == ("brief", list(stages))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("extend: nowhere", "nowhere cannot be read as a recipe"),
        ("extend: mine.yaml", "extends itself"),
        ("stage: {}", "stage"),
        ("[1", "cannot be read as a recipe"),
        ("extend: offline\nstages: {annotate-nothing: {}}", "names no stage: 'annotate-nothing'"),
        ("extend: offline\nstages: {select-clips: {least: 3}}", "select-clips has no option 'least'"),
        ("extend: offline\nstages: {select-clips: {min_duration_ms: long}}", "min_duration_ms"),
        ("extend: offline\nstages: {standardize: false}", "needs standardize"),
        ("audsem: 2\nextend: offline", "audsem"),
    ],
)
def test_a_recipe_that_cannot_be_is_refused_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    mine = write(tmp_path / "mine.yaml", text)
    with pytest.raises(UsageError, match=said):
        load_recipe(mine, KNOWN)


def test_a_workspace_follows_a_recipe_that_changes(tmp_path: Path) -> None:
    text = "extend: offline\nprofile: ours\nstages:\n  score-duration: {}\n"
    mine, root, run = write(tmp_path / "mine.yaml", text), tmp_path / "w", RunOptions(workers=0)
    subtitles = tmp_path / "s"
    subtitles.mkdir()
    (subtitles / "v.en.vtt").write_text("WEBVTT\n\n00:01.000 --> 00:05.000\n[dog barks]\n")
    context, _ = open_context(root, Edits(recipe=mine, sources=(str(subtitles),)), run)
    with driving(context, shown=False) as driver:
        list(driver.run_all([["ingest"], ["extract-sdh"]]))
    write(mine, text + "  select-clips: {min_duration_ms: 2000}\n  annotate-ast: {}\n")
    _, changes = open_context(root, Edits(recipe=mine), run)
    assert changes == ["stages: + annotate-ast", "select-clips.min_duration_ms: default -> 2000"]
    _, again = open_context(root, Edits(recipe=mine), run)
    assert again == []
    write(mine, text + "  extract-sdh: {min_ms: 2000}\n")
    with pytest.raises(RecipeDriftError, match="min_ms"):
        open_context(root, Edits(recipe=mine), run)
    with pytest.raises(UsageError, match="follows the profile ours"):
        open_context(root, Edits("offline"), run)
    with pytest.raises(UsageError, match="not both"):
        open_context(root, Edits("offline", recipe=mine), run)
