"""`audsem-data annotate --audio`: every annotator of the recipe at once, over one decode of each clip."""

from typing import Annotated

import typer

from audsem_data.cli import options


def command(  # noqa: PLR0913  (a command: its arguments are its options)
    workspace: options.Workspace,
    audio: Annotated[bool, typer.Option("--audio", help="All that listens to the clips.")] = False,
    settings: options.Settings = None,
    workers: options.Workers = 1,
    device: options.Device = "auto",
    compiled: options.Compile = False,
    strict: options.Strict = False,
    tolerate: options.Tolerate = None,
) -> None:
    """Run the recipe's annotators together: each clip is decoded once for all that have not done it yet."""
    from audsem_data.cli.driving import drive, opened
    from audsem_data.core.errors import UsageError
    from audsem_data.runtime.context import RunOptions
    from audsem_data.runtime.session import Edits, existing_context, listening

    if not audio:
        raise UsageError("say what to annotate: --audio")
    existing_context(workspace)
    run = RunOptions(workers, device, compiled, None, strict, tolerate)
    context = opened(workspace, Edits(settings=tuple(settings or ())), run)
    found = listening(context)
    if not found:
        raise UsageError(
            "the recipe has no annotator that takes audio; add one by its own command, such as "
            f"`audsem-data annotate-acoustics --workspace {workspace}`"
        )
    drive(context, found)
