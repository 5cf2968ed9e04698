"""`audsem-data takedown`: videos leave the workspace, its caches, and the next release."""

from typing import Annotated

import typer

from audsem_data.cli import options

SHOWN = 10


def command(
    videos: Annotated[
        list[str], typer.Argument(metavar="VIDEO...", help="Videos to take down, by id or by address.")
    ],
    workspace: options.Workspace,
    workers: options.Workers = 1,
) -> None:
    """Never use these videos again: exclude them, remove all that is held of them, and make sure of it."""
    from audsem_data.cli.driving import line
    from audsem_data.runtime.context import RunOptions
    from audsem_data.runtime.known_videos import KnownVideos
    from audsem_data.runtime.session import existing_context
    from audsem_data.runtime.takedown import take_down
    from audsem_data.storage.lock import workspace_lock

    context = existing_context(workspace, RunOptions(workers, tolerate=1.0, committed_only=True))
    with workspace_lock(workspace, alone=True):
        known = KnownVideos(context)
        wanted = {known.find(video): video for video in videos}
        for video, given in wanted.items():
            typer.echo(f"{video}: to be taken down" + ("" if video == given else f" (given as {given!r})"))
        removal = take_down(context, wanted.keys(), lambda summary: typer.echo(line(summary)))
    for place, holding in removal.gone.items():
        typer.echo(f"gone from {place}: {holding}")
    if not removal.gone:
        typer.echo("nothing was held of them any more; they were taken down before")
    typer.echo(
        f"{len(wanted)} videos are excluded for good; no data file, cache, subtitle or piped source holds them"
    )
    if removal.withdrawn:
        typer.echo(f"the dataset was withdrawn, and is to be made anew: {removal.withdrawn}", err=True)
    if removal.yours:
        more = f" and {len(removal.yours) - SHOWN} more" if len(removal.yours) > SHOWN else ""
        typer.echo(f"files of your own are yours to delete: {', '.join(removal.yours[:SHOWN])}{more}")
    typer.echo(
        "Publish the dataset: `audsem-data publish OWNER/NAME`; then delete old tags of releases that held their "
        "sound, as git keeps what a tag names"
    )
