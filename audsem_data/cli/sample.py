"""`audsem-data sample`: a few clips in the terminal, with their texts, and their sound saved or played."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from audsem_data.cli import options

if TYPE_CHECKING:
    from audsem_data.report.library import Library
    from audsem_data.report.listening import Listened

PLAYERS = (["ffplay", "-nodisp", "-autoexit", "-loglevel", "error"], ["afplay"], ["paplay"], ["aplay", "-q"])


def command(  # noqa: PLR0913  (options of a command)
    dataset: Annotated[str | None, typer.Argument(metavar="[DIR|OWNER/NAME]", help="A dataset.")] = None,
    workspace: options.OptionalWorkspace = None,
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="Clips to show.")] = 3,
    seed: Annotated[int, typer.Option("--seed", help="Which clips are drawn.")] = 0,
    save: Annotated[Path | None, typer.Option("--save", help="Folder to write their sound into.")] = None,
    play: Annotated[bool, typer.Option("--play", help="Play each clip (ffplay, afplay, paplay or aplay).")] = False,
    revision: Annotated[str, typer.Option("--revision", help="Branch, tag or commit on the Hub.")] = "main",
    as_json: options.Json = False,
) -> None:
    """Show a few clips with their captions, tags and examples; those that were kept come first."""
    from audsem_data.cli.looking import library_of
    from audsem_data.report.listening import draw

    library = library_of(workspace, dataset, revision)
    clips = draw(library, count, seed, heard=False)
    if as_json:
        typer.echo(json.dumps([{**one.row, "examples": one.examples} for one in clips], indent=1, default=str))
    for clip in clips:
        if not as_json:
            _show(clip)
    if save or play:
        _sound(library, clips, save, _player() if play else None)


def _show(clip: "Listened") -> None:
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    from audsem_data.report.listening import said
    from audsem_data.report.templating import visible

    console = Console(highlight=False)

    def line(text: str, style: str = "", indent: int = 2) -> None:
        console.print(Padding(Text(visible(text), style), (0, 0, 0, indent)))  # Text: markup in data stays text

    why = f" (left out: {clip.left_out})" if clip.left_out else ""
    line(f"{clip.row.get('caption') or '(no caption)'}{why}", "bold", 0)
    line(str(clip.row["clip_id"]), "dim")
    for name, value in clip.evidence.items():
        tags = (
            value.get("tags") or value.get("caption") or value.get("description") if isinstance(value, dict) else ""
        )
        if tags:
            line(f"{name}: {said(tags)}")
    for one in _one_a_task(clip):
        line(f"{one['task']}, {one['variant']}", "cyan")
        for name in ("question", "choices", "thinking", "answer"):
            if one.get(name):
                line(f"{name}: {said(one[name])}", indent=4)
    console.print()


def _one_a_task(clip: "Listened") -> list[Mapping[str, Any]]:
    """Return the first example of each task."""
    return list({one["task"]: one for one in reversed(clip.examples)}.values())[::-1]


def _player() -> list[str]:
    from audsem_data.core.errors import UsageError

    for player in PLAYERS:
        if shutil.which(player[0]):
            return player
    raise UsageError(
        f"no player is installed: {', '.join(player[0] for player in PLAYERS)}; --save FOLDER keeps the sound"
    )


def _sound(library: "Library", clips: "list[Listened]", save: Path | None, player: list[str] | None) -> None:
    """Write the clips' sound to files, where they are kept or for as long as they are played."""
    from audsem_data.media.clips import AUDIO_SUFFIXES
    from audsem_data.storage.location import storage_errors

    with tempfile.TemporaryDirectory() as scratch:
        folder = save or Path(scratch)
        for key, files in library.media({str(clip.row["clip_id"]) for clip in clips}):
            for suffix in AUDIO_SUFFIXES & files.keys():
                path = folder / f"{key}.{suffix}"
                with storage_errors(path):
                    folder.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(files[suffix])
                if save:
                    typer.echo(f"saved {path}", err=True)
                if player:
                    subprocess.run([*player, path], check=False)
