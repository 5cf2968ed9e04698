"""The command of each stage, made from its declaration: no stage has a command of its own to maintain."""

from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperCommand

from audsem_data.cli import options


class StageCommand(TyperCommand):
    """A stage's command; only asking for its help, or running it, imports the stage."""

    def format_help(self, *args: Any, **kwargs: Any) -> None:
        """Add the stage's documentation and options to the help."""
        from audsem_data.runtime.describe import describe_stage
        from audsem_data.runtime.discovery import load_stages

        self.help = describe_stage(load_stages()[self.name or ""])
        super().format_help(*args, **kwargs)


def stage_command(name: str, summary: str) -> Any:
    """Return the command that runs a stage."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(name, cls=StageCommand, help=summary)(_runs(name))
    return typer.main.get_command(app)


def _runs(name: str) -> Callable[..., None]:
    def command(  # noqa: PLR0913  (a command: its arguments are its options)
        workspace: options.Workspace,
        source: options.Sources = None,
        settings: options.Settings = None,
        workers: options.Workers = 1,
        device: options.Device = "auto",
        compiled: options.Compile = False,
        batch: options.Batch = None,
        engine: options.Engine = "local",
        strict: options.Strict = False,
        tolerate: options.Tolerate = None,
    ) -> None:
        from audsem_data.cli.driving import check_engine, drive, opened
        from audsem_data.core.errors import UsageError
        from audsem_data.core.stage import Kind
        from audsem_data.runtime.context import RunOptions
        from audsem_data.runtime.discovery import load_stages
        from audsem_data.runtime.session import Edits, existing_context, settings_for

        check_engine(engine)
        if load_stages()[name].kind is not Kind.SOURCE:
            if source:
                raise UsageError(f"{name} reads no sources; --source belongs to `ingest` and `run`")
            existing_context(workspace)
        edits = Edits(None, tuple(source or ()), settings_for(name, settings or ()), name)
        run = RunOptions(workers, device, compiled, batch, strict, tolerate)
        drive(opened(workspace, edits, run), [[name]])

    return command
