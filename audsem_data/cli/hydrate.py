"""`audsem-data hydrate`: the sound of a release that holds ids and texts, from media of your own."""

from pathlib import Path
from typing import Annotated

import typer


def command(
    release: Annotated[str, typer.Argument(metavar="DIR|OWNER/NAME", help="A release without sound.")],
    source: Annotated[Path, typer.Option("--source", help="Folder with media, each named after its video's id.")],
    out: Annotated[Path, typer.Option("--out", help="Where the dataset with sound is put.")],
    revision: Annotated[str, typer.Option("--revision", help="Branch, tag or commit on the Hub.")] = "main",
) -> None:
    """Cut every clip of a release out of media that you hold; say how many could be had, and why the others not."""
    from audsem_data.publish.hydrate import hydrate

    folder = Path(release)
    if not folder.is_dir():
        from audsem_data.publish.hub import download

        folder = download(release, revision)
    found = hydrate(folder, source, out, lambda line: typer.echo(line, err=True))
    share = found.survived / max(found.clips, 1)
    typer.echo(f"{found.survived} of {found.clips} clips have sound ({share:.1%}): {out}")
    for reason, count in found.lost.items():
        typer.echo(f"    {reason}: {count}")
