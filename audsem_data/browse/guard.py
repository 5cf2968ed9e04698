"""Who may ask the browser for anything: this machine, or who has the token; and no page but its own.

A page of another origin can make a reader's browser send requests here. It cannot read the answers (they carry no
leave to), cannot show them (no frames, no embedding), reach us by a name of its own (`Host` is checked), or post a
decision (`Origin`, and a secret that only our pages hold).
"""

import hmac
import secrets
from collections.abc import Collection
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE, PARAMETER, HEADER = "audsem_token", "token", "x-csrf-token"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_SAFE = frozenset({"GET", "HEAD"})
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}


class Guard:
    """An ASGI application before the application.

    Args:
        hosts: names under which it may be addressed; None for any, where the token alone decides.
        token: what a reader must have; None where being on this machine is enough.
        csrf: the secret that our own pages send with a decision.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str] | None, token: str | None, csrf: str) -> None:
        if hosts is None and token is None:
            raise ValueError("a server that answers to any name needs a token")
        self._app, self._hosts, self._token, self._csrf = app, hosts, token, csrf

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on, a request; every answer gets the headers."""

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = self._answer(Request(scope))
        await (answer or self._app)(scope, receive, send_guarded)

    def _answer(self, request: Request) -> Response | None:
        """Return what is said instead of the application's answer; None lets the request through."""
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname
        if self._hosts is not None and host not in self._hosts:
            return _refused(HTTPStatus.MISDIRECTED_REQUEST, f"this server is not called {host!r}")
        if request.headers.get("sec-fetch-site", "same-origin") == "cross-site" and request.method not in _SAFE:
            return _refused(HTTPStatus.FORBIDDEN, "another site's page may not ask this")
        if self._token is not None:
            given = request.query_params.get(PARAMETER)
            if given is not None and _same(given, self._token):
                return self._welcome(request)
            if not _same(request.cookies.get(COOKIE, ""), self._token):
                return _refused(HTTPStatus.UNAUTHORIZED, "open the address that `audsem-data browse` printed")
        if request.method not in _SAFE:
            origin = request.headers.get("origin")
            if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
                return _refused(HTTPStatus.FORBIDDEN, "another site's page may not decide")
            if not _same(request.headers.get(HEADER, ""), self._csrf):
                return _refused(HTTPStatus.FORBIDDEN, "the page is not of this run; load it again")
        return None

    def _welcome(self, request: Request) -> Response:
        """Keep the token in a cookie, so that it stands in no address that is shown or shared."""
        assert self._token is not None
        answer = RedirectResponse(request.url.path, HTTPStatus.SEE_OTHER)
        answer.set_cookie(COOKIE, self._token, httponly=True, samesite="strict")
        return answer


def new_secret() -> str:
    """Return a secret that nobody guesses."""
    return secrets.token_urlsafe(32)


def _same(given: str, held: str) -> bool:
    return hmac.compare_digest(given.encode(), held.encode())


def _refused(status: HTTPStatus, why: str) -> Response:
    return PlainTextResponse(f"{why}\n", status)
