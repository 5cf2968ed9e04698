"""From the options of a command to a run: recipe edits shown, stages driven, summaries printed."""

import json
from collections.abc import Sequence
from pathlib import Path

import typer

from audsem_data.core.errors import RowsFailedError, UsageError
from audsem_data.runtime.context import Context, RunOptions
from audsem_data.runtime.driver import StageSummary
from audsem_data.runtime.session import Edits, driving, open_context


def check_engine(engine: str) -> None:
    """Raise UsageError for an engine that is not there."""
    if engine != "local":
        raise UsageError(f"no engine is called {engine!r}; engines: local. What writes is named by --backend")


def opened(workspace: Path, edits: Edits, options: RunOptions) -> Context:
    """Open the workspace and show what the command changes in its recipe."""
    context, changes = open_context(workspace, edits, options)
    for line in changes:
        typer.echo(f"recipe: {line}", err=True)
    return context


def looked_ahead(workspace: Path, edits: Edits, options: RunOptions) -> Context:
    """Return the context that a command would work in, and show what it would change; nothing is written."""
    context, changes = open_context(workspace, edits, options, save=False)
    for line in changes:
        typer.echo(f"recipe: {line}", err=True)
    return context


def drive(context: Context, groups: Sequence[Sequence[str]], *, as_json: bool = False) -> None:
    """Run groups of stages, one line of summary each, of text or JSON; raises RowsFailedError under --strict."""
    failed = 0
    with driving(context) as driver:
        for summary in driver.run_all(groups):
            typer.echo(json.dumps({**vars(summary), "failed": summary.failed}) if as_json else line(summary))
            failed += summary.failed
    if failed and not as_json:
        typer.echo(f"{failed} rows failed; `audsem-data status` shows why, `explain` and `retry` go on from there")
    if failed and context.options.strict:
        raise RowsFailedError(f"{failed} rows failed, and --strict allows none")


def line(summary: StageSummary) -> str:
    """Return a stage's summary in one line."""
    fates = ", ".join(f"{name.replace(':', ' ')} {n}" for name, n in sorted(summary.counts.items()))
    made = f"{summary.worked} of {summary.shards} shards worked on" if summary.worked else "up to date"
    return f"{summary.name}: {summary.rows_in} in, {summary.rows_out} out ({fates or 'nothing'}); {made}"
