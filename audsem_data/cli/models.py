"""`audsem-data models`: the weights that annotators load: which there are, getting and checking them."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from audsem_data.cli import options

if TYPE_CHECKING:
    from audsem_data.core.model import ModelSpec

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The weights that annotators load.")
Names = Annotated[list[str] | None, typer.Argument(metavar="NAME...", help="As `models list` names them.")]


@app.command("list")
def list_models(as_json: options.Json = False) -> None:
    """Show every model: where from, which revision, licence and memory, and whether it is here."""
    from audsem_data.models.specs import MODELS
    from audsem_data.models.store import read_pin, state

    rows: list[dict[str, Any]] = []
    for spec in MODELS.values():
        found = state(spec)
        pin = read_pin(spec) if found == "present" else None
        rows.append(
            {
                "name": spec.name,
                "state": found,
                "source": spec.source,
                "revision": spec.revision or (pin.revision if pin else ""),
                "licence": spec.licence,
                "rate": spec.rate,
                "memory_gib": spec.memory,
                "bytes": sum(pin.sizes.values()) if pin else None,
                "reference": spec.reference,
            }
        )
    if as_json:
        typer.echo(json.dumps(rows, indent=1))
        return
    for row in rows:
        size = f"{row['bytes'] / 1e6:.0f} MB" if row["bytes"] else f"about {row['memory_gib']:g} GiB in memory"
        at = f" at {row['revision']}" if row["revision"] else ""
        typer.echo(f"{row['name']:<14} {row['state']:<8} {row['licence']:<13} {size}, {row['source']}{at}")


@app.command()
def fetch(
    names: Names = None,
    everything: Annotated[bool, typer.Option("--all", help="Every model.")] = False,
    profile: Annotated[str | None, typer.Option(help="Every model that a profile loads.")] = None,
    recipe: options.RecipeFile = None,
    offline: Annotated[bool, typer.Option("--offline", help="Only say whether they are here.")] = False,
    mirror: Annotated[
        str, typer.Option("--from", metavar="SOURCE", help="hf:OWNER/NAME[@COMMIT] or https://..., for one model.")
    ] = "",
) -> None:
    """Bring models into the store; what is there already is not fetched again."""
    import os

    if offline:
        os.environ["HF_HUB_OFFLINE"] = "1"  # before the Hub's client is imported, which reads it once
    from audsem_data.cli.fetching import shown
    from audsem_data.core.errors import UsageError
    from audsem_data.models.fetching import fetch as bring

    chosen = _of_recipe(profile, recipe) if profile or recipe else _chosen(names, everything)
    if mirror and len(chosen) != 1:
        raise UsageError("--from is for one model: name it")
    for spec in chosen:
        with shown(spec.name) as progress:
            pin = bring(spec, progress, mirror=mirror)
        at = f" at {pin.revision}" if pin.revision else ""
        typer.echo(f"{spec.name}: here, {sum(pin.sizes.values()) / 1e6:.1f} MB{at}")


@app.command()
def verify(names: Names = None) -> None:
    """Compare every byte of models that are here with what was fetched."""
    from audsem_data.models.store import state
    from audsem_data.models.store import verify as check

    chosen = _chosen(names, everything=not names)
    for spec in chosen:
        if not names and state(spec) == "absent":
            continue
        typer.echo(f"{spec.name}: {check(spec) / 1e6:.1f} MB as fetched")


def _of_recipe(profile: str | None, recipe: Path | None) -> list["ModelSpec"]:
    from audsem_data.runtime.context import Context, RunOptions
    from audsem_data.runtime.requirements import requirements
    from audsem_data.runtime.session import Edits, named_recipe

    named = named_recipe(Edits(profile, recipe=recipe), RunOptions())
    assert named
    models = [one.model for one in requirements(Context(Path(), named)) if one.model]
    return list({model.name: model for model in models}.values())


def _chosen(names: list[str] | None, everything: bool) -> list["ModelSpec"]:
    from audsem_data.core.errors import UsageError
    from audsem_data.models.specs import MODELS

    wanted = list(MODELS) if everything else names or []
    if not wanted:
        raise UsageError(f"name a model, or say --all; models: {', '.join(MODELS)}")
    for name in wanted:
        if name not in MODELS:
            raise UsageError(f"no model is called {name!r}; models: {', '.join(MODELS)}")
    return [MODELS[name] for name in wanted]
