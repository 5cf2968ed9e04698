"""`audsem-data figures`: the figures of a report as files, for papers."""

from pathlib import Path
from typing import Annotated

import typer

from audsem_data.cli import options


def command(
    out: Annotated[Path, typer.Option("--out", help="Folder to write into.")],
    dataset: Annotated[str | None, typer.Argument(metavar="[DIR|OWNER/NAME]", help="A dataset.")] = None,
    workspace: options.OptionalWorkspace = None,
    revision: Annotated[str, typer.Option("--revision", help="Branch, tag or commit on the Hub.")] = "main",
) -> None:
    """Write every figure as PNG, SVG and JSON, and the funnel with every reason as JSON and Parquet."""
    from audsem_data.cli.looking import library_of, need_extra

    need_extra("report", "altair", "vl_convert")
    from audsem_data.report.drawing import write_figures

    for line in write_figures(library_of(workspace, dataset, revision), out):
        typer.echo(line)
