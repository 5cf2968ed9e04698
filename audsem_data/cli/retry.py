"""`audsem-data retry`: the rows of a stage that ended for one reason, and no others."""

from typing import Annotated

import typer

from audsem_data.cli import options


def command(  # noqa: PLR0913  (a command: its arguments are its options)
    stage: options.StageName,
    reason: Annotated[list[str], typer.Option("--reason", help="Reason whose rows are redone. Repeatable.")],
    workspace: options.Workspace,
    workers: options.Workers = 1,
    device: options.Device = "auto",
    compiled: options.Compile = False,
    tolerate: options.Tolerate = None,
    as_json: options.Json = False,
) -> None:
    """Work again on the rows that failed, or were filtered, for a reason."""
    from audsem_data.cli.driving import drive
    from audsem_data.core.errors import UsageError
    from audsem_data.core.stage import Kind
    from audsem_data.runtime.context import RunOptions
    from audsem_data.runtime.session import existing_context

    run = RunOptions(workers, device, compiled, tolerate=tolerate, redo=frozenset(reason))
    context = existing_context(workspace, run)
    declared = context.stage(stage)
    known = declared.all_reasons
    if unknown := sorted(set(reason) - known.keys()):
        raise UsageError(f"{stage} has no reason {unknown[0]!r}; its reasons: {', '.join(sorted(known))}")
    if declared.kind is Kind.REPARTITION:
        raise UsageError(f"{stage} lays shards out anew; use `audsem-data invalidate {stage}`")
    drive(context, [[stage]], as_json=as_json)
