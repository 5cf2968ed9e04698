"""`audsem-data takedown`: videos leave the workspace, its caches, and the next release."""

from typing import Annotated

import typer

from audsem_data.cli import options


def command(
    videos: Annotated[list[str], typer.Argument(metavar="VIDEO_ID...", help="Videos to take down.")],
    workspace: options.Workspace,
    workers: options.Workers = 1,
) -> None:
    """Never use these videos again: exclude them, delete what was kept of them, redo what is committed."""
    from audsem_data.cli.driving import drive
    from audsem_data.core.errors import UsageError
    from audsem_data.runtime.context import RunOptions
    from audsem_data.runtime.session import existing_context, groups
    from audsem_data.runtime.takedown import take_down

    for video in videos:
        if not video.strip() or "\n" in video or "#" in video:
            raise UsageError(f"{video!r} is no video id")
    context = existing_context(workspace, RunOptions(workers))
    purged = take_down(context, videos)
    typer.echo(f"{len(videos)} videos are excluded from now on; {purged} caches were deleted")
    done = {stage.name for stage in context.stages.values() if context.workspace.shards(stage)}
    again = existing_context(workspace, RunOptions(workers))
    drive(again, [kept for group in groups(again) if (kept := [name for name in group if name in done])])
    typer.echo(
        "they are gone from every shard and from the dataset. Publish it: `audsem-data publish OWNER/NAME`; then "
        "delete old tags of releases that held their sound, as git keeps what a tag names"
    )
