"""`audsem-data export-webdataset`: a config of a dataset as tars for loaders that want them."""

from pathlib import Path
from typing import Annotated

import typer


def command(
    dataset: Annotated[Path, typer.Argument(metavar="DIR", help="A dataset that assemble made.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the tars.")],
    config: Annotated[str, typer.Option("--config", help="Which config.")] = "mc_qa_semantic",
) -> None:
    """Write a config as WebDataset: a sound and a JSON file a row, one tar for each Parquet file."""
    from audsem_data.publish.webdataset import export_tars

    rows = export_tars(dataset, out, config, lambda line: typer.echo(line, err=True))
    typer.echo(f"{rows} rows of {config}: {out}")
