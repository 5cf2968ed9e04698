"""`audsem-train`: train a model on a published dataset, merge its adapter, score what a model predicts."""

import json
import sys
from pathlib import Path
from typing import Annotated, Literal, get_args

import typer

from audsem_data.core.errors import AudsemError, UsageError
from audsem_data.train.recipe import Recipe, Task, Variant

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False, name="audsem-train")
evaluating = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Measure a model on benchmarks.")
app.add_typer(evaluating, name="evaluate")

Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Change a value of the recipe. Repeatable.")
]
RecipeFile = Annotated[Path, typer.Argument(metavar="RECIPE", help="A YAML file, such as those of train/configs.")]


@app.command()
def sft(recipe: RecipeFile, settings: Settings = None) -> None:
    """Fine-tune on all tasks or some; the same command again goes on where it stopped."""
    from audsem_data.train.recipe import SftRecipe, load_recipe  # noqa: PLC0415  (so that --help is fast)
    from audsem_data.train.sft import fine_tune  # noqa: PLC0415

    read = load_recipe(SftRecipe, recipe, tuple(settings or ()))
    losses = fine_tune(read)
    shown = f"loss {losses[0]:.3f} -> {losses[-1]:.3f}; " if losses else ""
    typer.echo(f"{shown}written to {read.out}")


@app.command()
def grpo(recipe: RecipeFile, settings: Settings = None) -> None:
    """Reinforce on multiple choice; the same command again goes on where it stopped."""
    from audsem_data.train.grpo import reinforce  # noqa: PLC0415
    from audsem_data.train.recipe import GrpoRecipe, load_recipe  # noqa: PLC0415

    read = load_recipe(GrpoRecipe, recipe, tuple(settings or ()))
    rewards = reinforce(read)
    shown = f"reward {rewards[0]:.3f} -> {rewards[-1]:.3f}; " if rewards else ""
    typer.echo(f"{shown}written to {read.out}")


@app.command()
def merge(
    adapter: Annotated[Path, typer.Argument(help="Folder that `sft` or `grpo` wrote.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the merged model.")],
    base: Annotated[str, typer.Option(help="The model that was trained, a folder or a name on the Hub.")],
) -> None:
    """Write the whole model that an adapter makes of its base."""
    from audsem_data.train.audio_models import merge as merge_adapter  # noqa: PLC0415

    merge_adapter(adapter, base, out)
    typer.echo(f"written to {out}")


@app.command()
def export(
    dataset: Annotated[str, typer.Argument(help="A dataset's folder, or OWNER/NAME on the Hub.")],
    form: Annotated[Literal["trl", "ms-swift", "llama-factory"], typer.Option("--format", help="Who reads it.")],
    out: Annotated[Path, typer.Option("--out", help="A new folder, for the lines and the sounds.")],
    task: Annotated[list[str] | None, typer.Option(help="Repeatable; all tasks where none is named.")] = None,
    variant: Annotated[Variant, typer.Option(help="Without or with descriptors.")] = "semantic",
    revision: Annotated[str | None, typer.Option(help="Tag, branch or commit of the dataset.")] = None,
) -> None:
    """Write a dataset's examples as chats that other trainers take, with the sound files beside."""
    from audsem_data.train.chat_export import export_chat  # noqa: PLC0415
    from audsem_data.train.conversations import load_examples  # noqa: PLC0415

    if unknown := sorted(set(task or ()) - set(get_args(Task))):
        raise UsageError(f"no task {unknown[0]}; tasks: {', '.join(get_args(Task))}")
    values = {"dataset": dataset, "out": out, "variant": variant, "revision": revision}
    read = Recipe.model_validate({**values, **({"tasks": task} if task else {})})
    typer.echo(f"{export_chat(load_examples(read), form, out)} examples written to {out}")


@evaluating.command("score")
def score_predictions(
    predictions: Annotated[Path, typer.Argument(help="JSON or JSON lines of id and prediction.")],
    data: Annotated[Path, typer.Option("--data", help="The benchmark's file: mmau-test-mini.json.")],
    letters_kept: Annotated[
        bool, typer.Option("--letters-kept", help="Leave letters on predictions, as the public script does.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")] = False,
) -> None:
    """Score predictions of MMAU by its public rule; questions without a prediction are wrong."""
    from audsem_data.train.mmau import load_predictions, load_questions, score  # noqa: PLC0415

    scores = score(load_questions(data), load_predictions(predictions), letters_kept=letters_kept)
    typer.echo(
        json.dumps(scores.json(), indent=1) if as_json else scores.markdown(f"{predictions.stem} on {data.stem}")
    )


@evaluating.command("mmau")
def evaluate_mmau(  # noqa: PLR0913  (options of a command)
    model: Annotated[str, typer.Option(help="The model, a folder or a name on the Hub.")],
    data: Annotated[Path, typer.Option("--data", help="The benchmark's file: mmau-test-mini.json.")],
    audio: Annotated[Path, typer.Option("--audio", help="The folder of its sounds.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for predictions and scores.")],
    adapter: Annotated[Path | None, typer.Option(help="Folder that `sft` or `grpo` wrote.")] = None,
    revision: Annotated[str | None, typer.Option(help="Commit of the model.")] = None,
    beams: Annotated[int, typer.Option(min=1, help="1: greedy.")] = 5,
    most_tokens: Annotated[int, typer.Option(min=1, help="Of an answer.")] = 512,
    words: Annotated[int | None, typer.Option(min=1, help="Ask to think in about so many words.")] = None,
    semantic: Annotated[bool, typer.Option(help="Ask for descriptors too.")] = True,
    batch: Annotated[int, typer.Option(min=1, help="Questions at once.")] = 8,
    precision: Annotated[Literal["bfloat16", "float32"], typer.Option(help="Of the weights.")] = "bfloat16",
) -> None:
    """Ask a model MMAU's questions and score it; the same command again goes on where it stopped."""
    from audsem_data.train.benchmark import Asked, evaluate  # noqa: PLC0415

    asked = Asked(model, revision, adapter, precision, data, audio, out)
    typer.echo(evaluate(asked, beams=beams, most_tokens=most_tokens, words=words, semantic=semantic, batch=batch))


def main() -> None:
    """Run the command line; an error is one line and an exit code."""
    try:
        app()
    except AudsemError as error:
        if "--debug" in sys.argv:
            raise
        typer.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":  # as `accelerate launch -m` runs it
    main()
