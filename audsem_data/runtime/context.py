"""What every process of a run knows: the workspace, the recipe, its stages and the run's options."""

import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from audsem_data.core.errors import UsageError
from audsem_data.core.fingerprint import digest
from audsem_data.core.model import Device
from audsem_data.core.recipe import Recipe, running_order
from audsem_data.core.stage import Config, Stage
from audsem_data.runtime.discovery import STAGE_PACKAGES, load_stages
from audsem_data.storage.workspace import Workspace


@dataclass(frozen=True)
class RunOptions:
    """What changes how a run goes and never what it makes; none of it enters a fingerprint.

    Attributes:
        workers: worker processes; 0 works in the driver's own process.
        device: where models run: cpu, cuda, cuda:1, mps; "auto" chooses.
        compile: run networks through torch.compile.
        batch: rows a call, instead of the stage's own; must stay the same for bit-equal model outputs.
        strict: failed rows make the run fail (exit code 5).
        tolerate: fraction of failed rows to accept, instead of each stage's own.
        redo: reasons whose rows are worked on again.
        committed_only: bring up to date what is committed and begin nothing: no source is looked at, no shard made
            that is not there, nothing tried again that failed for now.
        packages: Python packages that declare stages.
    """

    workers: int = 1
    device: str = "auto"
    compile: bool = False
    batch: int | None = None
    strict: bool = False
    tolerate: float | None = None
    redo: frozenset[str] = frozenset()
    committed_only: bool = False
    packages: tuple[str, ...] = STAGE_PACKAGES


@dataclass(frozen=True)
class Context:
    """A workspace with its recipe, as any process of the run sees it; travels to workers by pickling."""

    root: Path
    recipe: Recipe
    options: RunOptions = field(default_factory=RunOptions)
    run: str = ""
    worker: int = 0

    @cached_property
    def workspace(self) -> Workspace:
        """The workspace."""
        return Workspace(self.root)

    @cached_property
    def stages(self) -> dict[str, Stage]:
        """The recipe's stages in running order, resolved."""
        stages = running_order(self.recipe, load_stages(self.options.packages))
        if self.options.committed_only:
            stages = [replace(stage, cool_down=math.inf) for stage in stages]
        return {stage.name: stage for stage in stages}

    @cached_property
    def excluded(self) -> frozenset[str]:
        """The entries of exclude.txt."""
        return self.workspace.excluded()

    @cached_property
    def exclude_digest(self) -> str | None:
        """The digest of exclude.txt; None when it excludes nothing."""
        return digest(sorted(self.excluded)) if self.excluded else None

    def stage(self, name: str) -> Stage:
        """Return a stage of the recipe; raises UsageError that lists them."""
        if name not in self.stages:
            raise UsageError(f"the recipe has no stage {name!r}; its stages: {', '.join(self.stages)}")
        return self.stages[name]

    @property
    def device(self) -> Device:
        """Where this process runs models."""
        return Device(self.options.device, self.options.compile, self.worker)

    def config(self, stage: Stage) -> Config:
        """Return the options of a stage."""
        return self.recipe.options(stage)

    def weights(self, stage: Stage) -> str | None:
        """Return which weights answer for a stage; None for a stage without, or where this machine cannot tell."""
        return stage.weights(self.config(stage)) if stage.weights else None

    def __getstate__(self) -> dict[str, object]:
        names = ("root", "recipe", "options", "run", "worker")
        return {name: getattr(self, name) for name in names}
