"""`audsem-data doctor`: what this machine has, and what a recipe would need of it."""

import json
from pathlib import Path
from typing import Annotated

import typer

from audsem_data.cli import options


def command(
    workspace: Annotated[Path, typer.Option("--workspace", "-w", help="Where the run would be kept.")] = Path(),
    profile: options.Profile = None,
    recipe: options.RecipeFile = None,
    settings: options.Settings = None,
    as_json: options.Json = False,
) -> None:
    """Look at versions, extras, devices, tokens and disk; exits with 1 when the recipe cannot run here.

    With --profile or --recipe, or in a workspace, every stage is looked at: options that must be set, extras,
    weights with their licences, memory, and the disk that the weights will take.
    """
    from dataclasses import asdict

    from audsem_data.runtime.context import RunOptions
    from audsem_data.runtime.doctor import examine
    from audsem_data.runtime.requirements import recipe_findings
    from audsem_data.runtime.session import Edits, open_context
    from audsem_data.storage.workspace import Workspace

    findings = examine(workspace)
    if profile or recipe or Workspace(workspace).exists:
        edits = Edits(profile, settings=tuple(settings or ()), recipe=recipe)
        context, _ = open_context(workspace, edits, RunOptions(), save=False)
        findings += recipe_findings(context)
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], indent=1))
    else:
        for finding in findings:
            typer.echo(f"{'ok  ' if finding.ok else 'BAD '} {finding.name:<25} {finding.found}")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)
