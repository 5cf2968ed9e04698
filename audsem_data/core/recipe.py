"""The recipe of a workspace: which stages, in which order, with which options, from which sources."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from audsem_data.core.errors import UsageError
from audsem_data.core.schema import Column
from audsem_data.core.stage import Config, Needs, Stage


class Recipe(BaseModel):
    """What recipe.yaml holds; a profile is a recipe without sources."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    audsem: Literal[1] = Field(1, description="format of this file")
    profile: str = Field(description="name of the profile that the workspace began with")
    sources: tuple[str, ...] = Field((), description="folders and files that ingest reads")
    stages: dict[str, dict[str, Any]] = Field(description="options by stage, in running order")

    def options(self, stage: Stage) -> Config:
        """Return the checked options of a stage."""
        return stage.options(stage.config.renamed(self.stages.get(stage.name) or {}))

    def with_sources(self, sources: Sequence[str]) -> "Recipe":
        """Return the recipe with more sources, each once, in the order in which they were first named."""
        return self.model_copy(update={"sources": tuple(dict.fromkeys([*self.sources, *sources]))})

    def with_option(self, stage: Stage, name: str, value: Any) -> "Recipe":
        """Return the recipe with one option changed; raises UsageError for a wrong name or value."""
        if stage.name not in self.stages:
            raise UsageError(f"the recipe has no stage {stage.name}; its stages: {', '.join(self.stages)}")
        values = {**stage.config.renamed(self.stages[stage.name] or {}), name: value}
        stage.options(values)
        return self.model_copy(update={"stages": {**self.stages, stage.name: values}})

    def with_stage(self, stage: Stage, known: Mapping[str, Stage]) -> "Recipe":
        """Return the recipe with a stage that it lacked, placed before what joins or needs it."""
        if stage.name in self.stages:
            return self
        names = list(self.stages)
        after_needs = 1 + max((i for i, name in enumerate(names) if name in stage.reads), default=len(names) - 1)
        place = next((i for i, name in enumerate(names) if _follows(known[name], stage)), after_needs)
        names.insert(place, stage.name)
        return self.model_copy(update={"stages": {name: self.stages.get(name) or {} for name in names}})

    def with_changes(self, other: "Recipe", known: Mapping[str, Stage]) -> "Recipe":
        """Return the recipe with the stages that it lacks and another has, and with the other's options."""
        recipe = self
        for name, values in other.stages.items():
            recipe = recipe.with_stage(known[name], known)
            stated = {**(recipe.stages[name] or {}), **(values or {})}
            recipe = recipe.model_copy(update={"stages": {**recipe.stages, name: stated}})
        return recipe

    def difference(self, other: "Recipe") -> list[str]:
        """Return one line for each option or source that `other` has changed."""
        lines = [f"sources: + {source}" for source in other.sources if source not in self.sources]
        lines += [f"stages: + {name}" for name in other.stages if name not in self.stages]
        for name, values in other.stages.items():
            before = self.stages.get(name) or {}
            lines += [
                f"{name}.{key}: {before.get(key, 'default')} -> {value}"
                for key, value in (values or {}).items()
                if before.get(key, ...) != value
            ]
        return lines


def _follows(later: Stage, stage: Stage) -> bool:
    joins = later.joins is not None and stage.name.startswith(later.joins)
    return joins or stage.name in later.reads


def resolve(stage: Stage, recipe: Recipe, known: Mapping[str, Stage]) -> Stage:
    """Return the stage as this recipe runs it: with what it needs under its options, and what the recipe joins."""
    if stage.adapts is not None:
        stage = replace(stage, needs=tuple(stage.adapts(recipe.options(stage), known)))
    if stage.joins is None:
        return stage
    needs, emits = list(stage.needs), list(stage.emits)
    for name in sorted(n for n in recipe.stages if n.startswith(stage.joins)):
        if name not in known:
            raise UsageError(f"recipe.yaml names no stage: {name!r}; stages: {', '.join(sorted(known))}")
        joined, short = known[name], name.removeprefix(stage.joins).replace("-", "_")
        names = tuple(column.name for column in joined.emits)
        needs.append(Needs(name, names, optional=True, struct=short))
        struct = pa.struct([column.field() for column in joined.emits])
        emits += [Column(short, struct, joined.summary, nullable=True)] if stage.shows_joined else []
    return replace(stage, needs=tuple(needs), emits=tuple(emits))


def running_order(recipe: Recipe, known: Mapping[str, Stage]) -> list[Stage]:
    """Return the recipe's stages, resolved; raises UsageError for one unknown or before its needs."""
    order: list[Stage] = []
    for name in recipe.stages:
        if name not in known:
            raise UsageError(f"recipe.yaml names no stage: {name!r}; stages: {', '.join(sorted(known))}")
        stage = resolve(known[name], recipe, known)
        done = {earlier.name for earlier in order}
        for read in sorted(stage.reads - done):
            if read in recipe.stages or read not in stage.can_lack:
                raise UsageError(
                    f"{name} needs {read}, which the recipe does not run before it; add it by `audsem-data {read}`"
                )
        order.append(stage)
    return order
