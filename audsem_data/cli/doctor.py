"""`audsem-data doctor`: what this machine has."""

import json
from pathlib import Path
from typing import Annotated

import typer

from audsem_data.cli import options


def command(
    workspace: Annotated[Path, typer.Option("--workspace", "-w", help="Where the run would be kept.")] = Path(),
    as_json: options.Json = False,
) -> None:
    """Look at versions, extras, devices, tokens and disk; exits with 1 when the offline profile cannot run."""
    from dataclasses import asdict

    from audsem_data.runtime.doctor import examine

    findings = examine(workspace)
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], indent=1))
    else:
        for finding in findings:
            typer.echo(f"{'ok  ' if finding.ok else 'BAD '} {finding.name:<16} {finding.found}")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)
