"""The command of each stage, made from its declaration: no stage has a command of its own to maintain."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand

from audsem_data.cli import options

if TYPE_CHECKING:
    from audsem_data.core.stage import Config

_ANY_OPTION = {"ignore_unknown_options": True, "allow_extra_args": True}


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
    app.command(name, cls=StageCommand, help=summary, context_settings=_ANY_OPTION)(_runs(name))
    return typer.main.get_command(app)


def _runs(name: str) -> Callable[..., None]:
    def command(  # noqa: PLR0913  (a command: its arguments are its options)
        context: typer.Context,
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
        as_json: options.Json = False,
    ) -> None:
        from audsem_data.cli.driving import check_engine, drive, opened
        from audsem_data.core.errors import UsageError
        from audsem_data.core.stage import Kind
        from audsem_data.runtime.context import RunOptions
        from audsem_data.runtime.discovery import load_stages
        from audsem_data.runtime.session import Edits, existing_context, settings_for

        check_engine(engine)
        stage = load_stages()[name]
        wanted = [*(settings or ()), *_flags(stage.config, context.args)]
        if stage.kind is not Kind.SOURCE:
            if source:
                raise UsageError(f"{name} reads no sources; --source belongs to `ingest` and `run`")
            existing_context(workspace)
        edits = Edits(None, tuple(source or ()), settings_for(name, wanted), name)
        run = RunOptions(workers, device, compiled, batch, strict, tolerate)
        drive(opened(workspace, edits, run), [[name]], as_json=as_json)

    return command


def _flags(config: "type[Config]", given: Sequence[str]) -> Iterator[str]:
    """Yield `option=value` for a stage's own options given as flags: `--rate 6`, `--rate=6`, `--keep`."""
    from audsem_data.core.errors import UsageError

    left = list(given)
    while left:
        flag, equals, value = left.pop(0).partition("=")
        option = flag.removeprefix("--").replace("-", "_")
        if not flag.startswith("--") or option not in config.model_fields:
            raise UsageError(f"there is no option {flag}; `--help` lists those of the stage")
        if not equals:
            is_switch = config.model_fields[option].annotation is bool
            if not is_switch and not left:
                raise UsageError(f"{flag} needs a value")
            value = "true" if is_switch else left.pop(0)
        yield f"{option}={value}"
