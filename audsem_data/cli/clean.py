"""`audsem-data clean`: give disk back."""

import json
from typing import Annotated

import typer

from audsem_data.cli import options


def command(
    workspace: options.Workspace,
    spool: Annotated[
        bool, typer.Option("--spool", help="Delete paid-for work kept for reruns too (cache/).")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Delete leavings of killed runs and older versions of stages; nothing that a record names."""
    from audsem_data.runtime.maintenance import clean
    from audsem_data.runtime.session import existing_context
    from audsem_data.storage.lock import workspace_lock

    context = existing_context(workspace)
    with workspace_lock(workspace):
        given_back = clean(context, spool)
    typer.echo(json.dumps({"bytes": given_back}) if as_json else f"{given_back / 1e6:.1f} MB given back")
