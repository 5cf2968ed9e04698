"""`audsem-data explain`: the life of one clip."""

import json
from typing import Annotated

import typer

from audsem_data.cli import options

WIDTH = 100


def command(
    clip_id: Annotated[str, typer.Argument(metavar="CLIP_ID", help="VIDEO_STARTMS_ENDMS; a cue's id works too.")],
    workspace: options.Workspace,
    as_json: options.Json = False,
) -> None:
    """Say whether a clip is in the dataset, or where and why it went; then what every stage made of it."""
    from dataclasses import asdict

    from audsem_data.runtime.explain import explain, verdict
    from audsem_data.runtime.session import existing_context

    events = explain(existing_context(workspace), clip_id)
    if as_json:
        typer.echo(json.dumps([asdict(event) for event in events], indent=1, default=str))
        return
    typer.echo(verdict(events))
    for event in events:
        why = f" because {event.reason}" if event.reason else ""
        detail = f": {event.detail}" if event.detail else ""
        typer.echo(f"{event.stage} ({event.shard}): {event.outcome}{why}{detail}")
        for row in event.values:
            shown = ", ".join(f"{name}={_short(value)}" for name, value in row.items() if value is not None)
            typer.echo(f"    {shown}")


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 3]}..."
