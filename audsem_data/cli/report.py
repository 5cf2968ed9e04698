"""`audsem-data report`: one page to judge a workspace or a dataset by."""

from pathlib import Path
from typing import Annotated

import typer

from audsem_data.cli import options


def command(
    dataset: Annotated[str | None, typer.Argument(metavar="[DIR|OWNER/NAME]", help="A dataset.")] = None,
    workspace: options.OptionalWorkspace = None,
    out: Annotated[Path, typer.Option("--out", help="The file to write.")] = Path("report.html"),
    clips: Annotated[int, typer.Option("--clips", min=0, help="Clips to listen to, about 0.1 MB each.")] = 12,
    seed: Annotated[int, typer.Option("--seed", help="Which clips are drawn.")] = 0,
    revision: Annotated[str, typer.Option("--revision", help="Branch, tag or commit on the Hub.")] = "main",
) -> None:
    """Write one HTML file: funnel, charts, texts, settings and clips to listen to; it needs no network."""
    from audsem_data.cli.looking import library_of, need_extra
    from audsem_data.storage.location import storage_errors

    need_extra("report", "altair", "vl_convert")
    library = library_of(workspace, dataset, revision)
    from audsem_data.report.page import render_report

    page = render_report(library, clips, seed)
    with storage_errors(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(page, encoding="utf-8")
    typer.echo(f"the report: {out}   ({len(page.encode()) / 1e6:.1f} MB; open it in any browser)")
