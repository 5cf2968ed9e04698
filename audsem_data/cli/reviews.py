"""`audsem-data reviews`: what was decided in the browser, as a list or as labels for a classifier."""

import csv
import json
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from audsem_data.cli import options

if TYPE_CHECKING:
    from audsem_data.report.library import Library
    from audsem_data.storage.reviews import Review


def command(
    workspace: options.Workspace,
    labels: Annotated[
        Path | None,
        typer.Option("--labels", help="Write text and is_sound, as `train-caption-classifier` reads them."),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """List the decisions on clips and captions; or write them as labelled captions."""
    from dataclasses import asdict

    from audsem_data.report.library import open_library
    from audsem_data.storage.reviews import REVIEWS, Reviews

    library, found = open_library(workspace), Reviews(workspace / REVIEWS).all()
    if as_json:
        typer.echo(json.dumps([asdict(review) for review in found], indent=1))
    elif labels is None:
        for review in found:
            said = f": {json.dumps(review.comment, ensure_ascii=False)}" if review.comment else ""
            typer.echo(f"{review.clip_id} {review.verdict or 'no decision'}{said}")
        typer.echo(f"{len(found)} decisions")
    if labels is not None:
        _write_labels(library, found, labels)


def _write_labels(library: "Library", found: "list[Review]", out: Path) -> None:
    """Write a label for each caption: that of an accepted clip is a sound; a plain rejection says nothing."""
    from audsem_data.report.captions import captions_of
    from audsem_data.storage.location import storage_errors
    from audsem_data.storage.reviews import Verdict

    meaning = {Verdict.ACCEPT: 1, Verdict.NO_SOUND: 0}
    judged = {review.clip_id: meaning[review.verdict] for review in found if review.verdict in meaning}
    by_text = defaultdict[str, set[int]](set)
    for key, caption in captions_of(library, judged.keys()):
        by_text[caption].add(judged[key])
    sure = sorted((text, labels.pop()) for text, labels in by_text.items() if len(labels) == 1)
    with storage_errors(out), out.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerows([("text", "is_sound"), *sure])
    unsure = len(by_text) - len(sure)
    left = f"; {unsure} captions have both labels and were left out" if unsure else ""
    typer.echo(f"{len(sure)} labelled captions: {out}{left}")
