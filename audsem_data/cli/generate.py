"""`audsem-data generate`: every task of the recipe; or what a model would be asked, and what that would cost."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from audsem_data.cli import options

if TYPE_CHECKING:
    from audsem_data.core.stage import Item, Stage
    from audsem_data.runtime.context import Context
    from audsem_data.stages.generate.preview import Estimate

SAMPLE = 50  # clips that an estimate looks at


def command(  # noqa: PLR0913  (a command: its arguments are its options)
    workspace: options.Workspace,
    dry_run: Annotated[
        int | None, typer.Option("--dry-run", min=1, metavar="N", help="Show the prompts of N clips; ask nothing.")
    ] = None,
    estimated: Annotated[bool, typer.Option("--estimate", help="Say what the whole costs; ask nothing.")] = False,
    settings: options.Settings = None,
    workers: options.Workers = 1,
    device: options.Device = "auto",
    batch: options.Batch = None,
    strict: options.Strict = False,
    tolerate: options.Tolerate = None,
    as_json: options.Json = False,
) -> None:
    """Write the examples of all tasks; `--set KEY=VALUE` is for every task, `--set STAGE.KEY=VALUE` for one."""
    from audsem_data.cli.driving import drive, opened
    from audsem_data.runtime.context import RunOptions
    from audsem_data.runtime.session import Edits, existing_context, open_context

    names = [name for name in existing_context(workspace).recipe.stages if name.startswith("generate-")]
    values = [f"{name}.{value}" for value in settings or () if not _for_one(value) for name in names]
    values += [value for value in settings or () if _for_one(value)]
    run = RunOptions(workers, device, False, batch, strict, tolerate)
    edits = Edits(settings=tuple(values))
    if dry_run is None and not estimated:
        drive(opened(workspace, edits, run), [[name] for name in names], as_json=as_json)
        return
    context, _ = open_context(workspace, edits, run, save=False)
    for name in names:
        _preview(context, context.stage(name), dry_run, estimated, as_json=as_json)


def _for_one(setting: str) -> bool:
    return "." in setting.partition("=")[0]


def _preview(context: "Context", stage: "Stage", dry_run: int | None, estimated: bool, *, as_json: bool) -> None:
    from itertools import islice

    from audsem_data.runtime.history import usage_of
    from audsem_data.stages.generate.examples import chosen, task_of
    from audsem_data.stages.generate.options import GenerateConfig
    from audsem_data.stages.generate.preview import estimate, previews, token_counter

    config, task = context.config(stage), task_of(stage.name)
    assert isinstance(config, GenerateConfig)
    if config.backend == "rules":
        told = {"stage": stage.name, "backend": "rules"}
        free = f"{stage.name}: written by rules, which ask no model and cost nothing"
        typer.echo(json.dumps(told) if as_json else free)
        return
    count, exact = token_counter(config)
    about = "" if exact else "about "
    items = [item for item in _items(context, stage) if chosen(task, item.key, config)]
    for preview in previews(task, config, list(islice(items, dry_run or 0)), count):
        if as_json:
            typer.echo(json.dumps({"stage": stage.name, **asdict(preview)}))
            continue
        typer.echo(f"== {stage.name}, {preview.variant}, {preview.clip_id}: {about}{preview.tokens} tokens")
        for message in preview.messages:
            typer.echo(f"-- {message['role']}\n{message['content']}")
    if estimated:
        records = context.workspace.records(stage)
        sample = list(previews(task, config, items[:SAMPLE], count))
        found = estimate(sample, len(items), config, usage_of(records.values()))
        price = config.price(found.usage)
        if as_json:
            typer.echo(json.dumps({"stage": stage.name, **asdict(found), "exact": exact, "price": price}))
        else:
            typer.echo(f"{stage.name}: {_estimated(found, price, about)}")


def _estimated(found: "Estimate", price: tuple[float, str] | None, about: str) -> str:
    """Return an estimate in words."""
    money = f"; {price[0]:.2f} {price[1]}" if price else "; set price_in and price_out to see it in money"
    written = "" if found.measured else "at most "
    return (
        f"{found.clips} clips, {about}{found.usage['tokens_in']:,.0f} tokens in "
        f"({found.usage['tokens_cached']:,.0f} of them the same for all), {written}"
        f"{found.usage['tokens_out']:,.0f} out, without judge and second attempts{money}"
    )


def _items(context: "Context", stage: "Stage") -> "Iterator[Item]":
    """Yield the clips that the stage would write of."""
    from audsem_data.core.stage import Item
    from audsem_data.runtime.inputs import load_inputs

    for shard in context.workspace.shards(context.stage(stage.needs[0].stage)):
        inputs = load_inputs(context, stage, shard)
        for key in inputs.keys:
            if key not in inputs.lacking:
                yield Item(
                    key, inputs.values[key], {}, inputs.missing[key], not_applicable=inputs.not_applicable[key]
                )
