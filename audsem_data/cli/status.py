"""`audsem-data status`: the funnel."""

import json
from typing import Annotated

import typer

from audsem_data.cli import options


def command(
    workspace: options.Workspace,
    verify: Annotated[bool, typer.Option("--verify", help="Compare every byte with the records.")] = False,
    as_json: options.Json = False,
) -> None:
    """Show what every stage took in, let through and dropped, and why."""
    from dataclasses import asdict

    from audsem_data.runtime.maintenance import verify as verify_stage
    from audsem_data.runtime.session import existing_context
    from audsem_data.runtime.status import workspace_status

    context = existing_context(workspace)
    lines = workspace_status(context)
    files = sum(verify_stage(context, stage) for stage in context.stages.values()) if verify else 0
    if as_json:
        stages = [asdict(line) | {"complete": line.complete} for line in lines]
        typer.echo(json.dumps({"workspace": str(workspace), "stages": stages}, indent=1))
        return
    typer.echo(f"{'stage':<27}{'shards':>9}{'in':>10}{'out':>10}{'filtered':>10}{'failed':>8}{'MB':>9}  state")
    for line in lines:
        of = "" if line.shards_expected is None else f"/{line.shards_expected}"
        state = "options changed" if line.drifted else "complete" if line.complete else "to do"
        typer.echo(
            f"{line.stage:<27}{f'{line.shards}{of}':>9}{line.rows_in:>10}{line.rows_out:>10}{line.filtered:>10}"
            f"{line.failed:>8}{line.bytes / 1e6:>9.1f}  {state}"
        )
        for name, count in line.counts.items():
            if name != "done":
                typer.echo(f"    {name.replace(':', ': ')}: {count}")
    if verify:
        typer.echo(f"every byte of {files} files is as committed")
