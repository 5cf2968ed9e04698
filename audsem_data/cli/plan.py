"""`audsem-data plan`: what a run would do."""

import json
from typing import TYPE_CHECKING

import typer

from audsem_data.cli import options

if TYPE_CHECKING:
    from audsem_data.runtime.context import Context


def command(workspace: options.Workspace, as_json: options.Json = False) -> None:
    """Show what is left to do, the bytes and time to come, and the free disk; changes nothing."""
    from audsem_data.runtime.session import existing_context

    show_plan(existing_context(workspace), as_json=as_json)


def show_plan(context: "Context", *, as_json: bool = False) -> None:
    """Print what is left to do for each stage."""
    from dataclasses import asdict

    from audsem_data.runtime.forecast import forecast, free_bytes
    from audsem_data.runtime.shelved import shelved

    lines, free = forecast(context), free_bytes(context)
    if as_json:
        shelves, stages = [asdict(one) for one in shelved(context)], [asdict(line) for line in lines]
        plan = {"profile": context.recipe.profile, "free_bytes": free, "stages": stages, "shelves": shelves}
        typer.echo(json.dumps(plan, indent=1))
        return
    typer.echo(f"profile {context.recipe.profile}; sources: {', '.join(context.recipe.sources) or 'none yet'}")
    typer.echo(f"{'stage':<27}{'done':>6}{'left':>6}{'rows':>10}{'MB to come':>12}{'s to come':>11}")
    for line in lines:
        left = "?" if line.pending is None else line.pending
        size = "?" if line.bytes_to_come is None else f"{line.bytes_to_come / 1e6:.1f}"
        seconds = "?" if line.seconds_to_come is None else f"{line.seconds_to_come:.0f}"
        why = f"  {line.why}" if line.why else ""
        typer.echo(f"{line.stage:<27}{line.done:>6}{left:>6}{line.rows:>10}{size:>12}{seconds:>11}{why}")
    for one in shelved(context):
        each = "" if one.shard is None else f"; a shard has about {one.shard / 1e6:.1f} MB until it is standardized"
        typer.echo(f"{one.stage}: {one.held / 1e6:.1f} MB of raw media on its shelves now{each}")
    typer.echo(f"{free / 1e9:.1f} GB free on the workspace's disk")
