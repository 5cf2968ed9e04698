"""Recipes that a workspace can begin with: the installed profiles, and files of the user's own.

A file says what it changes: `extend: paper`, or the path of another file, then the stages whose options differ.
A stage that the extended recipe lacks is placed before what needs it; `STAGE: false` leaves one out.
"""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from audsem_data.core.errors import UsageError
from audsem_data.core.recipe import Recipe, running_order
from audsem_data.core.stage import Stage

DEFAULT_PROFILE = "offline"


class RecipeFile(BaseModel):
    """What a file of the user's own may hold."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    audsem: Literal[1] = Field(1, description="format of this file")
    extend: str | None = Field(None, description="a profile, or the path of a recipe, beside this file")
    profile: str | None = Field(None, description="what the recipe is called; the file's name without its ending")
    stages: dict[str, dict[str, Any] | Literal[False] | None] = Field(
        {}, description="options by stage; false leaves a stage out"
    )


def profiles() -> list[str]:
    """Return the names of the profiles that are installed."""
    folder = files("audsem_data") / "profiles"
    return sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml"))


def load_profile(name: str) -> Recipe:
    """Return a profile; raises UsageError that lists them."""
    if name not in profiles():
        raise UsageError(f"no profile is called {name!r}; profiles: {', '.join(profiles())}")
    text = (files("audsem_data") / "profiles" / f"{name}.yaml").read_text(encoding="utf-8")
    return Recipe.model_validate(yaml.safe_load(text))


def load_recipe(path: Path, known: Mapping[str, Stage]) -> Recipe:
    """Return the recipe that a file describes, its stages in an order that can run.

    Raises:
        UsageError: the file cannot be read, names what is not known, leaves out what another stage needs, or
            extends itself.
    """
    recipe = _load(path.expanduser().resolve(), known, ())
    running_order(recipe, known)
    for name in recipe.stages:
        recipe.options(known[name])
    return recipe


def _load(path: Path, known: Mapping[str, Stage], inside: tuple[Path, ...]) -> Recipe:
    if path in inside:
        raise UsageError(f"{path} extends itself, through {', '.join(map(str, inside))}")
    try:
        said = RecipeFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
        raise UsageError(f"{path} cannot be read as a recipe: {error}") from error
    for name in said.stages:
        if name not in known:
            raise UsageError(f"{path} names no stage: {name!r}; stages: {', '.join(sorted(known))}")
    if said.extend is None:
        stages = {name: options or {} for name, options in said.stages.items() if options is not False}
        return Recipe(profile=said.profile or path.stem, stages=stages)
    if said.extend in profiles():
        begun = load_profile(said.extend)
    else:
        begun = _load((path.parent / Path(said.extend).expanduser()).resolve(), known, (*inside, path))
    changed = _changed(begun, said.stages, known)
    return changed.model_copy(update={"profile": said.profile or path.stem})


def _changed(recipe: Recipe, stages: Mapping[str, Any], known: Mapping[str, Stage]) -> Recipe:
    for name, options in stages.items():
        if options is False:
            left = {other: values for other, values in recipe.stages.items() if other != name}
            recipe = recipe.model_copy(update={"stages": left})
            continue
        recipe = recipe.with_stage(known[name], known)
        values = {**(recipe.stages[name] or {}), **known[name].config.renamed(options or {})}
        recipe = recipe.model_copy(update={"stages": {**recipe.stages, name: values}})
    return recipe
