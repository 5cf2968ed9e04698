"""`audsem-data train-caption-classifier`: from labelled captions to the classifier that classify-encoder takes."""

from pathlib import Path
from typing import Annotated

import typer

from audsem_data.cli import options


def command(  # noqa: PLR0913  (a command: its arguments are its options)
    out: Annotated[Path, typer.Option("--out", help="Folder for the model; a run cut short goes on there.")],
    labelled: Annotated[
        Path | None,
        typer.Argument(help="CSV or Parquet with columns text and is_sound (1/0); left out: the captions shipped."),
    ] = None,
    base: Annotated[Path | None, typer.Option(help="Folder to begin with, instead of bert-base-uncased.")] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Most epochs.")] = 10,
    batch: Annotated[int, typer.Option("--batch", min=1, help="Captions a step.")] = 32,
    learning_rate: Annotated[float, typer.Option(help="Peak learning rate.")] = 5e-5,
    seed: Annotated[int, typer.Option(help="Of the split, the new weights and the order.")] = 42,
    device: options.Device = "auto",
) -> None:
    """Fine-tune a caption classifier, and say how it does on captions that it has not seen."""
    from importlib.resources import as_file, files

    from audsem_data.core.model import Device
    from audsem_data.models.specs import BERT
    from audsem_data.models.store import locate
    from audsem_data.train.caption_classifier import Training, train_classifier

    training = Training(locate(BERT, str(base or "")), epochs, batch=batch, learning_rate=learning_rate, seed=seed)
    shipped = files("audsem_data") / "stages" / "select" / "labelled_captions.csv"
    with as_file(shipped) as captions:
        metrics = train_classifier(labelled or captions, out, training, Device(device))
    typer.echo(
        f"{out}: on {metrics.captions} captions not seen: precision {metrics.precision:.3f}, "
        f"recall {metrics.recall:.3f}, F1 {metrics.f1:.3f}, calibration error {metrics.ece:.3f}"
    )
    typer.echo(f"use it: audsem-data classify-encoder --workspace W --set checkpoint={out}")
