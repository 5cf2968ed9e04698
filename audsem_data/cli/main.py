"""`audsem-data`: a command for every stage, and one for each thing that is done with a workspace."""

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from audsem_data import __version__
from audsem_data.cli import (
    annotate,
    browse,
    clean,
    decontaminate,
    doctor,
    explain,
    export_webdataset,
    fetch_subtitles,
    figures,
    generate,
    hydrate,
    invalidate,
    models,
    plan,
    publish,
    report,
    retry,
    reviews,
    run,
    sample,
    status,
    takedown,
    train_caption_classifier,
    validate,
)
from audsem_data.cli.index import stage_index
from audsem_data.core.errors import AudsemError

INTERRUPTED = 130


class StageGroup(TyperGroup):
    """Adds the command of every stage, found by reading the stages' files, not by importing them."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the commands of a workspace, then the stages."""
        return [*super().list_commands(ctx), *stage_index()]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command by name."""
        if cmd_name in stage_index():
            from audsem_data.cli.stage import stage_command

            return stage_command(cmd_name, stage_index()[cmd_name])
        return super().get_command(ctx, cmd_name)


app = typer.Typer(
    cls=StageGroup, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False, name="audsem-data"
)
for module in (
    run,
    fetch_subtitles,
    annotate,
    generate,
    plan,
    status,
    explain,
    report,
    figures,
    sample,
    browse,
    reviews,
    retry,
    invalidate,
    clean,
    doctor,
    validate,
    decontaminate,
    publish,
    takedown,
    hydrate,
    export_webdataset,
    train_caption_classifier,
):
    app.command(module.__name__.rpartition(".")[2].replace("_", "-"))(module.command)

app.add_typer(models.app, name="models")


def _version(shown: bool) -> None:
    if shown:
        typer.echo(f"audsem-data {__version__}")
        raise typer.Exit


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,
) -> None:
    """Build audio-language datasets from the sound captions of videos."""


def main() -> None:
    """Run the command line; an error is one line and an exit code, or a traceback with --debug."""
    try:
        app()
    except AudsemError as error:
        if "--debug" in sys.argv:
            raise
        typer.echo(f"error: {error}", err=True)
        for note in getattr(error, "__notes__", ()):
            typer.echo(note, err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        typer.echo("interrupted; run the same command again to go on", err=True)
        sys.exit(INTERRUPTED)
