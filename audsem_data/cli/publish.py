"""`audsem-data publish`: the dataset of a workspace to a repository of the Hub."""

from typing import TYPE_CHECKING, Annotated

import typer

from audsem_data.cli import options

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from audsem_data.publish.release import Plan

SHOWN = 20


def command(  # noqa: PLR0913  (a command: its arguments are its options)
    repository: Annotated[str, typer.Argument(metavar="OWNER/NAME", help="Dataset repository on the Hub.")],
    workspace: options.Workspace,
    yes: Annotated[bool, typer.Option("--yes", help="Accept that much of the last release is lost.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent; change nothing.")] = False,
    with_audio: Annotated[
        bool, typer.Option("--with-audio", help="Publish sound too; every clip must have a licence.")
    ] = False,
    tag: Annotated[
        str | None, typer.Option("--tag", help="Name of the release; else the next of v1, v2 ...")
    ] = None,
    public: Annotated[bool, typer.Option("--public/--private", help="Who may see it once all is there.")] = False,
    gated: Annotated[
        str | None, typer.Option("--gated", metavar="auto|manual", help="Readers must ask for access.")
    ] = None,
) -> None:
    """Check the dataset, send what the Hub lacks to a branch, verify it there, make it main at once, tag it."""
    import json
    from contextlib import ExitStack

    from audsem_data.core.errors import UsageError
    from audsem_data.publish.hub import Repository, check_tag
    from audsem_data.publish.layout import DATASET
    from audsem_data.publish.release import Release, as_json
    from audsem_data.runtime.session import existing_context
    from audsem_data.storage.lock import stage_lock, workspace_lock

    if gated not in (None, "auto", "manual"):
        raise UsageError(f"--gated {gated}: auto or manual")
    if tag is not None:
        check_tag(tag)
    hub = Repository(repository)
    context = existing_context(workspace)
    with ExitStack() as locks:
        locks.enter_context(workspace_lock(workspace))
        if "assemble" in context.stages:  # who makes the dataset anew; nobody must while it is sent
            locks.enter_context(stage_lock(context.workspace.lock(context.stage("assemble")), "assemble"))
        folder = workspace / DATASET
        if not folder.is_dir():
            raise UsageError(
                f"{workspace} holds no dataset yet: run `audsem-data run --workspace {workspace}` first"
            )
        _check(folder, context.excluded, with_audio=with_audio)
        release = Release(folder, hub, typer.echo)
        if dry_run:
            _show(release.plan(), release.losses())
            return
        receipt = release.publish(tag, private=not public, gated=gated, lossy=yes)
        name = f"releases/{repository.replace('/', '--')}-{receipt.tag}.json"
        context.workspace.location.put(name, json.dumps(as_json(receipt), indent=1).encode() + b"\n")
        typer.echo(f"{repository} is at {receipt.tag} ({receipt.commit[:12]}); receipt: {workspace / name}")


def _show(plan: "Plan", losses: "Sequence[str]") -> None:
    typer.echo(
        f"{len(plan.send)} files to send ({plan.bytes / 1e6:.1f} MB at most), {len(plan.keep)} there already, "
        f"{len(plan.delete)} to delete"
    )
    for path in [*(f"+ {path}" for path in plan.send), *(f"- {path}" for path in plan.delete)]:
        typer.echo(path)
    for line in losses:
        typer.echo(f"would lose (--yes accepts it): {line}")


def _check(folder: "Path", excluded: frozenset[str], *, with_audio: bool) -> None:
    """Raise UsageError or InputError for a dataset that should not go out."""
    from audsem_data.core.errors import InputError, UsageError
    from audsem_data.publish.checks import check_dataset
    from audsem_data.publish.rights import holds_audio, without_licence

    if holds_audio(folder) and not with_audio:
        raise UsageError(
            "this dataset holds sound. Publish ids and texts alone (`audsem-data invalidate assemble`, then "
            "`audsem-data assemble --set audio=none`), or give --with-audio if you have the right to"
        )
    if with_audio and (count := without_licence(folder)):
        raise UsageError(
            f"--with-audio: {count} clips have no licence. State the one that all share (`assemble.license`), or "
            "leave their sound out (`assemble.audio=none`)"
        )
    problems = check_dataset(folder, excluded)
    for problem in problems[:SHOWN]:
        typer.echo(problem, err=True)
    if problems:
        raise InputError(f"{folder}: {len(problems)} problems; nothing was published")
