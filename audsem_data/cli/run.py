"""`audsem-data run`: the whole recipe, or its beginning."""

from typing import Annotated

import typer

from audsem_data.cli import options


def command(  # noqa: PLR0913  (a command: its arguments are its options)
    workspace: options.Workspace,
    profile: options.Profile = None,
    recipe: options.RecipeFile = None,
    source: options.Sources = None,
    until: Annotated[str | None, typer.Option(metavar="STAGE", help="Stop after this stage.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Try all of it on this many clips.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan; make and change nothing.")] = False,
    settings: options.Settings = None,
    workers: options.Workers = 1,
    device: options.Device = "auto",
    compiled: options.Compile = False,
    engine: options.Engine = "local",
    strict: options.Strict = False,
    tolerate: options.Tolerate = None,
    as_json: options.Json = False,
) -> None:
    """Run the recipe from where it stands to the dataset."""
    from audsem_data.cli.driving import check_engine, drive, looked_ahead, opened
    from audsem_data.cli.plan import show_plan
    from audsem_data.core.errors import UsageError
    from audsem_data.runtime.context import RunOptions
    from audsem_data.runtime.session import Edits, groups

    check_engine(engine)
    wanted = list(settings or ()) + ([f"select-captions.limit={limit}"] if limit else [])
    if any("." not in setting.partition("=")[0] for setting in wanted):
        raise UsageError("`run --set` needs the stage too: --set STAGE.OPTION=VALUE")
    edits = Edits(profile, tuple(source or ()), tuple(wanted), recipe=recipe)
    run = RunOptions(workers, device, compiled, None, strict, tolerate)
    if dry_run:
        if "-" in edits.sources:
            raise UsageError("--dry-run keeps nothing of a pipe: name a file or folder as --source")
        show_plan(looked_ahead(workspace, edits, run), as_json=as_json)
        return
    context = opened(workspace, edits, run)
    drive(context, groups(context, until), as_json=as_json)
    if not as_json and until is None and (workspace / "audsem" / "README.md").exists():
        typer.echo(f'the dataset: {workspace / "audsem"}   (load_dataset("{workspace / "audsem"}"))')
