"""`audsem-data decontaminate`: what a dataset shares with benchmarks, whoever made the dataset."""

import json
from pathlib import Path
from typing import Annotated

import typer

from audsem_data.cli import options


def command(  # noqa: PLR0913  (a command: its arguments are its options)
    dataset: Annotated[str, typer.Argument(metavar="DIR|OWNER/NAME", help="A folder, or a dataset on the Hub.")],
    against: Annotated[
        list[Path], typer.Option("--against", metavar="LIST", help="A benchmark's list. Repeatable.")
    ],
    revision: Annotated[str, typer.Option("--revision", help="Branch, tag or commit on the Hub.")] = "main",
    margin_ms: Annotated[int, typer.Option(min=0, help="How near a stretch may come, in ms.")] = 0,
    out: Annotated[Path | None, typer.Option("--out", help="CSV file for every clip that is shared.")] = None,
    as_json: options.Json = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 5 when a stretch or file is shared.")] = False,
) -> None:
    """Say which clips benchmarks hold too: by video, by overlapping time, by file name, each counted on its own.

    Lists are read as benchmarks publish them (AudioSet, AudioCaps, VGGSound, Clotho, FSD50K, WavCaps, MMAU, MMAR),
    or as plain lists of ids, addresses or file names.
    """
    import csv

    from audsem_data.benchmarks.clips_of import clips_of
    from audsem_data.benchmarks.overlap import Lists, Rule, table_of
    from audsem_data.benchmarks.readers import read_list
    from audsem_data.cli.dataset_folder import dataset_folder
    from audsem_data.core.errors import RowsFailedError, UsageError

    names = [path.stem for path in against]
    if len(set(names)) < len(names):
        raise UsageError("two lists have the same name, and could not be told apart: rename one")
    lists = {path.stem: read_list(path) for path in against}
    clips = clips_of(dataset_folder(dataset, revision))
    matches = Lists(lists).matches(clips, margin_ms)
    table = {name: dict.fromkeys(Rule, 0) for name in lists} | table_of(matches)
    if out:
        with out.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([("clip_id", "benchmark", "rule"), *matches])
    if as_json:
        typer.echo(json.dumps({"dataset": dataset, "clips": clips.num_rows, "shared": table}, indent=1))
    else:
        typer.echo(f"{clips.num_rows} clips")
        typer.echo(f"{'same video':>12}{'same time':>12}{'same file':>12}  of")
        for name, rules in table.items():
            counts = f"{rules[Rule.VIDEO]:>12}{rules[Rule.TIME]:>12}{rules[Rule.FILE_NAME]:>12}"
            typer.echo(f"{counts}  {name} ({len(lists[name])})")
    shared = {match.clip_id for match in matches if match.rule != Rule.VIDEO}
    if strict and shared:
        raise RowsFailedError(f"{len(shared)} clips share their time or file with a benchmark")
