"""`audsem-data browse`: listen to a workspace or a dataset, and decide on its clips."""

import socket
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from audsem_data.cli import options

EVERYWHERE = ("0.0.0.0", "::")  # every address of this machine, whatever others call it


def command(  # noqa: PLR0913  (options of a command)
    dataset: Annotated[str | None, typer.Argument(metavar="[DIR|OWNER/NAME]", help="A dataset.")] = None,
    workspace: options.OptionalWorkspace = None,
    reviews: Annotated[
        Path | None,
        typer.Option("--reviews", help="File of decisions; W/reviews.sqlite, or NAME-reviews.sqlite here."),
    ] = None,
    host: Annotated[
        str, typer.Option("--host", help="Address to listen on; others than this machine need a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one.")] = 8765,
    token: Annotated[bool, typer.Option("--token", help="Ask for a token on this machine too.")] = False,
    revision: Annotated[str, typer.Option("--revision", help="Branch, tag or commit on the Hub.")] = "main",
) -> None:
    """Search, listen, look and decide in your web browser; Ctrl-C ends it, and decisions are kept."""
    from audsem_data.cli.looking import library_of, need_extra
    from audsem_data.core.errors import UsageError

    need_extra("browse", "duckdb", "starlette", "uvicorn")
    import uvicorn

    from audsem_data.browse.guard import LOOPBACK, new_secret
    from audsem_data.browse.server import application
    from audsem_data.storage.reviews import REVIEWS, Reviews

    library = library_of(workspace, dataset, revision)
    here = Path(f"{library.name}-{REVIEWS}") if dataset or workspace is None else workspace / REVIEWS
    place = (reviews or here).absolute()
    secret = new_secret() if token or host not in LOOPBACK else None
    hosts = None if host in EVERYWHERE else {*LOOPBACK, host, socket.gethostname()}
    app = application(library, Reviews(place), hosts, secret)
    try:
        listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise UsageError(
            f"cannot listen on {host}, port {port}: {error.strerror}; choose another --port"
        ) from error
    name = socket.gethostname() if host in EVERYWHERE else f"[{host}]" if ":" in host else host
    address = f"http://{name}:{listening.getsockname()[1]}/" + (f"?token={secret}" if secret else "")
    typer.echo(f"open {address}   (Ctrl-C ends it)")
    typer.echo(f"decisions: {place}; `--set score-review.file={place}` makes them count, see docs/report.md")
    try:
        with suppress(KeyboardInterrupt):  # the way to end it
            uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).run(sockets=[listening])
    finally:
        app.state.browser.index.close()
