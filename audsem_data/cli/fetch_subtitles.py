"""`audsem-data fetch-subtitles`: the manual English subtitles of videos, channels and playlists."""

from typing import Annotated

import typer

from audsem_data.cli import options


def command(  # noqa: PLR0913  (a command: its arguments are its options)
    videos: Annotated[
        list[str],
        typer.Argument(metavar="VIDEO...", help="Addresses, YouTube ids, or files with one of either a line."),
    ],
    workspace: options.Workspace,
    profile: Annotated[str, typer.Option(help="Which recipe a new workspace begins with.")] = "online",
    rate: Annotated[float, typer.Option(help="Requests a minute that a host gets at most.")] = 12.0,
    cookies: Annotated[str, typer.Option(help="A cookies.txt file, for videos that need an account.")] = "",
    cookies_from_browser: Annotated[str, typer.Option(help="A browser whose cookies are used: firefox.")] = "",
    proxy: Annotated[str, typer.Option(help="A proxy's address, without a password.")] = "",
    user_agent: Annotated[str, typer.Option(help="What hosts are told that asks.")] = "",
    pause_s: Annotated[float, typer.Option(help="First pause when a host goes on refusing, in s.")] = 300.0,
    retry: Annotated[list[str] | None, typer.Option("--retry", help="Reason to ask again for. Repeatable.")] = None,
) -> None:
    """Fetch subtitles into the workspace, as a source of `ingest`; automatic ones never."""
    from audsem_data.acquisition.governor import Policy
    from audsem_data.acquisition.options import FetchOptions
    from audsem_data.acquisition.tools import check_tools
    from audsem_data.runtime.context import RunOptions
    from audsem_data.runtime.session import Edits, open_context
    from audsem_data.runtime.subtitle_fetching import SubtitleFetcher
    from audsem_data.storage.lock import workspace_lock

    check_tools()
    fetching = FetchOptions(
        cookies=cookies,
        cookies_from_browser=cookies_from_browser,
        proxy=proxy,
        user_agent=user_agent,
        policy=Policy(rate, pause_s=pause_s),
    )
    fetching.check()
    fetching.check_files()
    known = (workspace / "recipe.yaml").exists()
    with workspace_lock(workspace):
        fetcher = SubtitleFetcher(workspace, fetching, frozenset(retry or ()))
        open_context(workspace, Edits(None if known else profile, (str(fetcher.folder),)), RunOptions())
        counts = fetcher.run(videos, typer.echo)
    typer.echo(", ".join(f"{outcome} {count}" for outcome, count in sorted(counts.items())))
    typer.echo(f"subtitles are in {fetcher.folder}; go on with `audsem-data run -w {workspace}`")
