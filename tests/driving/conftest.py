"""A workspace of numbers, and a way to run toy stages over it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from audsem_data.core.recipe import Recipe
from audsem_data.runtime.context import Context, RunOptions
from audsem_data.runtime.driver import StageSummary
from audsem_data.runtime.session import driving
from audsem_data.storage.workspace import Workspace

ORDER = (
    "toy-count",
    "toy-double",
    "toy-slow",
    "toy-mean",
    "toy-seen",
    "toy-keep",
    "toy-spread",
    "toy-fetch",
    "toy-cut",
)


@dataclass
class Toys:
    """A workspace under test."""

    source: Path
    root: Path
    calls_file: Path
    context: Context

    def put(self, name: str, *values: int) -> None:
        """Write a source file."""
        (self.source / f"{name}.txt").write_text("\n".join(map(str, values)))

    def flag(self, name: str) -> None:
        """Raise a flag."""
        self.calls_file.with_name(name).touch()

    def run(self, *stages: str, **options: Any) -> list[StageSummary]:
        """Run stages one after another."""
        return self._run([[stage] for stage in stages], options)

    def run_together(self, *stages: str, **options: Any) -> list[StageSummary]:
        """Run stages as a group."""
        return self._run([stages], options)

    def _run(self, groups: Sequence[Sequence[str]], options: dict[str, Any]) -> list[StageSummary]:
        context = Context(self.root, self.context.recipe, replace(self.context.options, **options))
        with driving(context, shown=False) as driver:
            return list(driver.run_all(groups))

    def set(self, stage: str, **values: Any) -> None:
        """Change options of a stage."""
        stages = {**self.context.recipe.stages, stage: values}
        self.context = replace(self.context, recipe=self.context.recipe.model_copy(update={"stages": stages}))

    def calls(self, stage: str) -> list[str]:
        """Return the keys that a stage worked on since this was last asked for any stage."""
        lines = self.calls_file.read_text().split("\n")
        self.calls_file.write_text("")
        return [line.partition(" ")[2] for line in lines if line.startswith(f"{stage} ")]

    def rows(self, stage: str) -> list[dict[str, Any]]:
        """Return a stage's rows."""
        files = sorted((self.root / stage / "v1").glob("part-*.parquet"))
        return [row for path in files for row in pq.read_table(path).to_pylist()]

    def fates(self, stage: str) -> dict[str, dict[str, Any]]:
        """Return a stage's outcome rows by key."""
        files = sorted((self.root / stage / "v1").glob("outcomes-*.parquet"))
        return {row["key"]: row for path in files for row in pq.read_table(path).to_pylist()}


@pytest.fixture
def toys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Toys:
    """Two files of numbers in a shard each, nothing run."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    calls = tmp_path / "flags" / "calls"
    calls.parent.mkdir()
    calls.touch()
    monkeypatch.setenv("TOY_CALLS", str(calls))
    source = tmp_path / "source"
    source.mkdir()
    stages: dict[str, dict[str, Any]] = {name: {} for name in ORDER}
    stages["toy-count"] = {"shard_units": 1}
    recipe = Recipe(profile="toys", sources=(str(source),), stages=stages)
    context = Context(tmp_path / "w", recipe, RunOptions(workers=0, packages=("toy_stages",)))
    Workspace(context.root).save_recipe(recipe)
    made = Toys(source, context.root, calls, context)
    made.put("a", 1, 2, 3)
    made.put("b", 4, 5)
    return made


def key(name: str, place: int) -> str:
    """Return the key of a number."""
    return f"{name}_{place * 10:09d}_{place * 10 + 5:09d}"
