"""`audsem-data invalidate`: forget what a stage made, so that it is made anew."""

from typing import Annotated

import typer

from audsem_data.cli import options


def command(
    stage: options.StageName,
    workspace: options.Workspace,
    shard: Annotated[int | None, typer.Option(min=0, help="Only this shard.")] = None,
) -> None:
    """Forget a stage's records; its files go with the next run, paid-for work in the spool stays."""
    from audsem_data.runtime.maintenance import invalidate
    from audsem_data.runtime.session import existing_context
    from audsem_data.storage.lock import workspace_lock

    context = existing_context(workspace)
    with workspace_lock(workspace):
        count = invalidate(context, context.stage(stage), shard)
    typer.echo(f"{stage}: {count} shards forgotten; run it again to make them anew")
