"""`audsem-data hydrate`: the sound of a release that holds ids and texts, from media of your own or their pages."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from audsem_data.acquisition.pages import YOUTUBE

if TYPE_CHECKING:
    from audsem_data.media.tracks import Choice
    from audsem_data.publish.clip_sources import ClipSource


def command(  # noqa: PLR0913  (a command: its arguments are its options)
    release: Annotated[str, typer.Argument(metavar="DIR|OWNER/NAME", help="A release without sound.")],
    out: Annotated[Path, typer.Option("--out", help="Where the dataset with sound is put.")],
    source: Annotated[
        Path | None,
        typer.Option("--source", help="Folder with media, each named after its video's id; without, download."),
    ] = None,
    revision: Annotated[str, typer.Option("--revision", help="Branch, tag or commit on the Hub.")] = "main",
    url: Annotated[str, typer.Option(help="Address of a video, for downloading.")] = YOUTUBE,
    rate: Annotated[float, typer.Option(help="Requests a minute that a host gets at most.")] = 12.0,
    cookies: Annotated[str, typer.Option(help="A cookies.txt file, for videos that need an account.")] = "",
    audio_track: Annotated[int, typer.Option(min=0, help="As `standardize.audio_track` of the release was.")] = 0,
    audio_language: Annotated[str, typer.Option(help="As `standardize.audio_language` of the release was.")] = "",
) -> None:
    """Cut every clip of a release out of its video; say how many could be had, and why the others not."""
    from audsem_data.cli.dataset_folder import dataset_folder
    from audsem_data.media.tracks import Choice
    from audsem_data.publish.hydrate import hydrate

    media = _media(source, url, rate, cookies, Choice(audio_track, audio_language))
    found = hydrate(dataset_folder(release, revision), media, out, lambda line: typer.echo(line, err=True))
    share = found.survived / max(found.clips, 1)
    typer.echo(f"{found.survived} of {found.clips} clips have sound ({share:.1%}): {out}")
    for reason, count in found.lost.items():
        typer.echo(f"    {reason}: {count}")


def _media(source: Path | None, url: str, rate: float, cookies: str, choice: "Choice") -> "ClipSource":
    from audsem_data.publish.clip_sources import HeldMedia, PublishedMedia

    if source is not None:
        return HeldMedia(source, choice)
    from audsem_data.acquisition.governor import Policy
    from audsem_data.acquisition.options import FetchOptions
    from audsem_data.acquisition.tools import check_tools

    check_tools()
    options = FetchOptions(cookies=cookies, policy=Policy(rate))
    options.check()
    options.check_files()
    return PublishedMedia(url, options, choice)
