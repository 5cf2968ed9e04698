"""Opening a workspace for a command: its recipe, made or edited, and a driver with workers, log and signals."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from audsem_data.core.errors import UsageError
from audsem_data.core.recipe import Recipe
from audsem_data.core.stage import Kind, Media, Stage
from audsem_data.runtime.context import Context, RunOptions
from audsem_data.runtime.discovery import load_stages
from audsem_data.runtime.driver import Driver
from audsem_data.runtime.interrupt import graceful
from audsem_data.runtime.local_engine import LocalEngine
from audsem_data.runtime.profiles import DEFAULT_PROFILE, load_profile, load_recipe
from audsem_data.runtime.provenance import logged_run
from audsem_data.runtime.staleness import check_drift
from audsem_data.runtime.standard_input import keep_standard_input
from audsem_data.storage.lock import workspace_lock
from audsem_data.storage.workspace import Workspace


@dataclass(frozen=True)
class Edits:
    """What a command line asks to change in the recipe.

    Attributes:
        profile: which profile a new workspace begins with; an old one must have begun with the same.
        sources: folders and files to add; "-" for what comes through standard input.
        settings: `stage.option=value`; the value is YAML.
        stage: a stage to add where the recipe lacks it.
        recipe: a file of the user's own instead; what it says differently from an old workspace is changed there.
    """

    profile: str | None = None
    sources: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    stage: str | None = None
    recipe: Path | None = None


def open_context(root: Path, edits: Edits, options: RunOptions, *, save: bool = True) -> tuple[Context, list[str]]:
    """Return the workspace's context with the edits applied and saved, and one line for each change.

    Without `save` nothing is checked against what is committed, and nothing written: for a look ahead.

    Raises:
        RecipeDriftError: an edited option contradicts what is committed; nothing is saved.
        UsageError: an unknown profile, stage or option.
    """
    workspace = Workspace(root)
    old = workspace.recipe() if workspace.exists else None
    begun = named_recipe(edits, options)
    if old and begun and begun.profile != old.profile:
        raise UsageError(f"{root} follows the profile {old.profile}; use another --workspace for {begun.profile}")
    before = old or begun or load_profile(DEFAULT_PROFILE)
    given = [keep_standard_input(root) if source == "-" else Path(source) for source in edits.sources]
    paths = [str(source.expanduser().resolve()) for source in given]
    for path in paths:
        if not Path(path).exists():
            raise UsageError(f"there is no such file or folder: {path}")
    recipe = before.with_sources(paths)
    if old and begun and edits.recipe:
        recipe = recipe.with_changes(begun, load_stages(options.packages))
    if edits.stage:
        stages = load_stages(options.packages)
        recipe = recipe.with_stage(stages[edits.stage], stages)
    for setting in edits.settings:
        recipe = _changed(recipe, setting, load_stages(options.packages))
    context = Context(root, recipe, options)
    changes = before.difference(recipe)
    if not save:
        return context, changes
    for name in {line.partition(".")[0] for line in changes} & set(recipe.stages):
        stage = context.stage(name)
        check_drift(context, stage, workspace.records(stage))
    if old is None or changes:
        workspace.save_recipe(recipe)
    return context, changes


def named_recipe(edits: Edits, options: RunOptions) -> Recipe | None:
    """Return the recipe that a command names; None where it names none."""
    if edits.recipe and edits.profile:
        raise UsageError("name a --profile or a --recipe, not both; a recipe may `extend:` a profile")
    if edits.recipe:
        return load_recipe(edits.recipe, load_stages(options.packages))
    return load_profile(edits.profile) if edits.profile else None


def existing_context(root: Path, options: RunOptions | None = None) -> Context:
    """Return the context of a workspace that is there; raises UsageError."""
    return Context(root, Workspace(root).recipe(), options or RunOptions())


def _changed(recipe: Recipe, setting: str, known: Mapping[str, Stage]) -> Recipe:
    """Return the recipe with a setting; its stages are not resolved yet, as settings decide what they need."""
    name, equals, value = setting.partition("=")
    stage, dot, option = name.strip().rpartition(".")
    if not equals or not dot:
        raise UsageError(f"--set {setting}: expected stage.option=value")
    if stage not in recipe.stages or stage not in known:
        raise UsageError(f"the recipe has no stage {stage!r}; its stages: {', '.join(recipe.stages)}")
    try:
        return recipe.with_option(known[stage], option, yaml.safe_load(value))
    except yaml.YAMLError as error:
        raise UsageError(f"--set {setting}: the value is not YAML: {error}") from error


@contextmanager
def driving(context: Context, shown: bool = True, *, held: bool = False) -> Iterator[Driver]:
    """Give a driver that logs to the workspace, whose workers live until the block ends.

    Holds the workspace with others, unless the caller says that it is `held`. Raises StageBusyError.
    """
    with nullcontext() if held else workspace_lock(context.root), logged_run(context.workspace) as run:
        context.workspace.sweep_scratch()
        context = replace(context, run=run)
        with LocalEngine(context) as engine, graceful(engine):
            yield Driver(context, engine, shown)


def groups(context: Context, until: str | None = None) -> list[list[str]]:
    """Return the recipe's stages in running order, in groups.

    Together are those that share one decode of the same media, and a stage that shelves files with the one that
    uses them up.
    """
    found: list[list[str]] = []
    for stage in context.stages.values():
        shared = _using_up(stage, found) or _sharing(context, stage, found)
        shared.append(stage.name) if shared else found.append([stage.name])
    if until is None:
        return found
    context.stage(until)
    kept: list[list[str]] = []
    for group in found:
        if until in group:
            return [*kept, group[: group.index(until) + 1]]
        kept.append(group)
    return kept


def taking(context: Context, chosen: Callable[[Media], bool]) -> list[list[str]]:
    """Return the groups of stages with a chosen media need, and of those between them that they wait for."""
    stages = context.stages
    wanted = {name for name, stage in stages.items() if stage.kind is Kind.MAP and any(map(chosen, stage.media))}
    for name in reversed(stages):  # what a wanted stage reads, where that in turn reads a wanted stage
        if any(name in stages[other].reads for other in wanted) and stages[name].reads & wanted:
            wanted.add(name)
    return [kept for group in groups(context) if (kept := [name for name in group if name in wanted])]


def _using_up(stage: Stage, found: Sequence[list[str]]) -> list[str] | None:
    """Return the last group if it is the stage that shelves what this one uses up."""
    freed = {need.stage for need in stage.needs if need.frees}
    return found[-1] if found and len(found[-1]) == 1 and found[-1][0] in freed else None


def _sharing(context: Context, stage: Stage, found: Sequence[list[str]]) -> list[str] | None:
    """Return the last group that decodes the same kind of media, if nothing from it on is read by the stage."""
    for group in reversed(found):
        first = context.stages[group[0]]
        if stage.reads & set(group) or not stage.media or stage.kind is not Kind.MAP:
            return None
        alike = first.kind is Kind.MAP and first.media_kinds == stage.media_kinds
        if alike and first.needs[0].stage == stage.needs[0].stage:
            return group
    return None


def settings_for(stage: str, values: Sequence[str]) -> tuple[str, ...]:
    """Return settings of a stage's own command: `option=value` means that stage's option."""
    return tuple(v if "." in v.partition("=")[0] else f"{stage}.{v}" for v in values)
