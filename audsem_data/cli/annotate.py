"""`audsem-data annotate --audio|--image|--video`: the recipe's annotators, over one decode of each clip."""

from typing import Annotated

import typer

from audsem_data.cli import options


def command(  # noqa: PLR0913  (a command: its arguments are its options)
    workspace: options.Workspace,
    audio: Annotated[bool, typer.Option("--audio", help="Annotators that take a clip's sound.")] = False,
    image: Annotated[bool, typer.Option("--image", help="Annotators that take single frames of it.")] = False,
    video: Annotated[bool, typer.Option("--video", help="Annotators that take its frames in sequence.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="All of these.")] = False,
    settings: options.Settings = None,
    workers: options.Workers = 1,
    device: options.Device = "auto",
    compiled: options.Compile = False,
    strict: options.Strict = False,
    tolerate: options.Tolerate = None,
    as_json: options.Json = False,
) -> None:
    """Run the recipe's annotators together: each clip is decoded once for all that take the same kind of media."""
    from audsem_data.cli.driving import drive, opened
    from audsem_data.core.errors import UsageError
    from audsem_data.core.stage import Audio, Frames, Media
    from audsem_data.runtime.context import RunOptions
    from audsem_data.runtime.session import Edits, existing_context, taking

    def chosen(need: Media) -> bool:
        if isinstance(need, Frames):
            return everything or (image if need.policy == "stills" else video)
        return isinstance(need, Audio) and (everything or audio)

    if not (audio or image or video or everything):
        raise UsageError("say what to annotate: --audio, --image, --video or --all")
    existing_context(workspace)
    run = RunOptions(workers, device, compiled, None, strict, tolerate)
    context = opened(workspace, Edits(settings=tuple(settings or ())), run)
    found = taking(context, chosen)
    if not found:
        raise UsageError(
            "the recipe has no such annotator; add one by its own command, such as "
            f"`audsem-data annotate-acoustics --workspace {workspace}`"
        )
    drive(context, found, as_json=as_json)
