"""The options that commands share, spelled and explained once."""

from pathlib import Path
from typing import Annotated

import typer

Workspace = Annotated[
    Path, typer.Option("--workspace", "-w", envvar="AUDSEM_WORKSPACE", help="Folder that holds the run.")
]
Profile = Annotated[
    str | None,
    typer.Option(help="Which recipe a new workspace begins with: offline, online, laptop, paper."),
]
RecipeFile = Annotated[
    Path | None, typer.Option("--recipe", metavar="FILE", help="A recipe of your own; it may `extend:` a profile.")
]
OptionalWorkspace = Annotated[
    Path | None, typer.Option("--workspace", "-w", envvar="AUDSEM_WORKSPACE", help="Folder that holds the run.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change an option in recipe.yaml; VALUE is YAML. Repeatable."),
]
Sources = Annotated[
    list[str] | None,
    typer.Option("--source", help="Folder or file to read, added to the recipe; - for a pipe. Repeatable."),
]
Workers = Annotated[
    int, typer.Option("--workers", min=0, help="Worker processes; 0 works in this process.", show_default=True)
]
Device = Annotated[
    str, typer.Option("--device", help="Where models run: auto, cpu, cuda, cuda:1, mps; cuda shares out all GPUs.")
]
Compile = Annotated[bool, typer.Option("--compile", help="Run models through torch.compile.")]
Engine = Annotated[str, typer.Option("--engine", help="Where work runs: local.")]
Batch = Annotated[int | None, typer.Option("--batch", min=1, help="Rows a call, instead of the stage's own.")]
Strict = Annotated[bool, typer.Option("--strict", help="Exit with 5 when any row failed.")]
Tolerate = Annotated[
    float | None,
    typer.Option("--tolerate", min=0, max=1, help="Fraction of failed rows to accept, instead of the stage's own."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]
StageName = Annotated[str, typer.Argument(metavar="STAGE", help="A stage of the recipe.")]
