"""`audsem-data validate`: is a folder, or a repository of the Hub, a sound dataset of this shape?"""

import json
from typing import Annotated

import typer

from audsem_data.cli import options

SHOWN = 50


def command(
    dataset: Annotated[str, typer.Argument(metavar="DIR|OWNER/NAME", help="A folder, or a dataset on the Hub.")],
    revision: Annotated[str, typer.Option("--revision", help="Branch, tag or commit on the Hub.")] = "main",
    as_json: options.Json = False,
) -> None:
    """Check names, digests, schemas, YAML, viewer limits and every row with its sound; exit 1 if one is wrong."""
    from audsem_data.cli.dataset_folder import dataset_folder
    from audsem_data.core.errors import InputError
    from audsem_data.publish.checks import check_dataset

    problems = check_dataset(dataset_folder(dataset, revision))
    if as_json:
        typer.echo(json.dumps({"dataset": dataset, "problems": problems}, indent=1))
    else:
        for problem in problems[:SHOWN]:
            typer.echo(problem)
    if problems:
        raise InputError(f"{dataset}: {len(problems)} problems")
    if not as_json:
        typer.echo(f"{dataset}: sound")
