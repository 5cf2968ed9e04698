"""`audsem-data status`: the funnel."""

import json
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from audsem_data.cli import options

EVERY_S = 2.0

if TYPE_CHECKING:
    from audsem_data.runtime.context import Context
    from audsem_data.runtime.status import StageStatus


def command(
    workspace: options.Workspace,
    verify: Annotated[bool, typer.Option("--verify", help="Compare every byte with the records.")] = False,
    paper: Annotated[bool, typer.Option("--paper", help="Show the paper's own funnel beside.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Show it anew every two seconds, until Ctrl-C.")] = False,
    as_json: options.Json = False,
) -> None:
    """Show what every stage took in, let through and dropped, and why."""
    from audsem_data.core.errors import UsageError
    from audsem_data.runtime.session import existing_context
    from audsem_data.runtime.status import workspace_status

    context = existing_context(workspace)
    if watch:
        if verify or as_json:
            raise UsageError("--watch shows the funnel alone; ask for --verify and --json without it")
        _watch(context, paper=paper)
        return
    files = _verified(context) if verify else 0
    if as_json:
        _print_json(context)
        return
    for line in _told(workspace_status(context)):
        typer.echo(line)
    for line in _beside_the_paper(context) if paper else ():
        typer.echo(line)
    if verify:
        typer.echo(f"every byte of {files} files is as committed")


def _verified(context: "Context") -> int:
    """Compare every byte with the records and the dataset's manifest; return how many files there are."""
    from audsem_data.publish.checks import check_bytes
    from audsem_data.publish.layout import DATASET
    from audsem_data.runtime.maintenance import verify

    files = sum(verify(context, stage) for stage in context.stages.values())
    return files + (check_bytes(context.root / DATASET) if (context.root / DATASET).exists() else 0)


def _print_json(context: "Context") -> None:
    from dataclasses import asdict

    from audsem_data.runtime.status import workspace_status

    stages = [asdict(line) | {"complete": line.complete} for line in workspace_status(context)]
    typer.echo(json.dumps({"workspace": str(context.root), "stages": stages}, indent=1))


def _watch(context: "Context", *, paper: bool) -> None:
    """Show the funnel anew every two seconds, as stages commit; where there is no terminal, once."""
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    from audsem_data.runtime.session import existing_context
    from audsem_data.runtime.status import workspace_status

    def now() -> Text:
        fresh = existing_context(context.root)
        beside = _beside_the_paper(fresh) if paper else ()
        return Text("\n".join([*_told(workspace_status(fresh)), *beside]), no_wrap=True)

    console = Console()
    with Live(now(), console=console, auto_refresh=False, screen=False) as shown:
        while console.is_terminal:
            time.sleep(EVERY_S)
            shown.update(now(), refresh=True)


def _told(lines: Sequence["StageStatus"]) -> Iterator[str]:
    """Yield the funnel as lines of text."""
    yield f"{'stage':<27}{'shards':>9}{'in':>10}{'out':>10}{'filtered':>10}{'failed':>8}{'MB':>9}  state"
    for line in lines:
        of = "" if line.shards_expected is None else f"/{line.shards_expected}"
        state = "options changed" if line.drifted else "complete" if line.complete else "to do"
        yield (
            f"{line.stage:<27}{f'{line.shards}{of}':>9}{line.rows_in:>10}{line.rows_out:>10}{line.filtered:>10}"
            f"{line.failed:>8}{line.bytes / 1e6:>9.1f}  {state}"
        )
        yield from (f"    {name.replace(':', ': ')}: {n}" for name, n in line.counts.items() if name != "done")
        if line.usage:
            yield f"    {_cost(line)}"


def _beside_the_paper(context: "Context") -> Iterator[str]:
    """Yield the paper's own funnel beside this one as lines of text."""
    from audsem_data.runtime.paper_funnel import paper_funnel

    def shown(count: int | None, share: float | None) -> str:
        of = "" if share is None else f"{share:.2%}"
        return f"{'-' if count is None else f'{count:,}':>14}{of:>9}"

    yield f"{'of the step before':<38}{'here':>14}{'':>9}{'paper':>14}"
    for step in paper_funnel(context):
        yield f"{step.name:<38}{shown(step.ours, step.ours_share)}{shown(step.paper, step.paper_share)}"


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
