"""`audsem-data status`: the funnel."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from audsem_data.cli import options

if TYPE_CHECKING:
    from audsem_data.runtime.context import Context
    from audsem_data.runtime.status import StageStatus


def command(
    workspace: options.Workspace,
    verify: Annotated[bool, typer.Option("--verify", help="Compare every byte with the records.")] = False,
    paper: Annotated[bool, typer.Option("--paper", help="Show the paper's own funnel beside.")] = False,
    as_json: options.Json = False,
) -> None:
    """Show what every stage took in, let through and dropped, and why."""
    from dataclasses import asdict

    from audsem_data.publish.checks import check_bytes
    from audsem_data.publish.layout import DATASET
    from audsem_data.runtime.maintenance import verify as verify_stage
    from audsem_data.runtime.session import existing_context
    from audsem_data.runtime.status import workspace_status

    context = existing_context(workspace)
    lines = workspace_status(context)
    files = sum(verify_stage(context, stage) for stage in context.stages.values()) if verify else 0
    if verify and (workspace / DATASET).exists():
        files += check_bytes(workspace / DATASET)
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
        if line.usage:
            typer.echo(f"    {_cost(line)}")
    if paper:
        _beside_the_paper(context)
    if verify:
        typer.echo(f"every byte of {files} files is as committed")


def _beside_the_paper(context: "Context") -> None:
    from audsem_data.runtime.paper_funnel import paper_funnel

    def shown(count: int | None, share: float | None) -> str:
        of = "" if share is None else f"{share:.2%}"
        return f"{'-' if count is None else f'{count:,}':>14}{of:>9}"

    typer.echo(f"{'of the step before':<38}{'here':>14}{'':>9}{'paper':>14}")
    for step in paper_funnel(context):
        typer.echo(f"{step.name:<38}{shown(step.ours, step.ours_share)}{shown(step.paper, step.paper_share)}")


def _cost(line: "StageStatus") -> str:
    """Return what a stage's rows cost: tokens, seconds of asking and, where prices are set, money."""

    def total(name: str) -> float:
        return line.usage.get(name, 0) + line.usage.get(f"judge_{name}", 0)

    said = (
        f"{total('requests'):,.0f} requests ({total('remembered'):,.0f} remembered), "
        f"{total('tokens_in'):,.0f} tokens in ({total('tokens_cached'):,.0f} cached), "
        f"{total('tokens_out'):,.0f} out, {total('seconds'):,.0f} s of asking"
    )
    if line.price is None:
        return said
    money, currency = line.price
    return f"{said}; {money:.4f} {currency}, {money / max(line.rows_out, 1):.6f} a row"
