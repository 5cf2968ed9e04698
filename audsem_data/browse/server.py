"""The application: pages, pieces of pages, media, and the one thing that can be posted, a decision."""

import json
from collections.abc import Collection, Mapping
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from audsem_data.browse.clip import ClipView, attempts, view
from audsem_data.browse.guard import LOOPBACK, Guard, new_secret
from audsem_data.browse.index import Index
from audsem_data.browse.media import ClipMedia
from audsem_data.browse.ranges import ranged
from audsem_data.browse.search import Query, choices, search
from audsem_data.browse.tables import tables_of
from audsem_data.browse.thresholds import compare
from audsem_data.core.errors import AudsemError, InputError, UsageError
from audsem_data.publish.features import LETTERS
from audsem_data.report.library import Library
from audsem_data.report.templating import asset, environment
from audsem_data.storage.reviews import Reviews, Verdict

_STATIC = {"report.css": "text/css", "player.js": "text/javascript"}
_OURS = {"browse.css": "text/css", "browse.js": "text/javascript", "icon.svg": "image/svg+xml"}
_NOTHING_SHOWN = {"shown": None, "pictures": 0}
_KEPT_S = {"Cache-Control": "private, max-age=3600"}  # committed sound does not change while the page is open


class Browser:
    """What the pages share: the library, its index, the decisions."""

    def __init__(self, library: Library, reviews: Reviews) -> None:
        self.library, self.reviews, self.csrf = library, reviews, new_secret()
        self.index = Index(tables_of(library), reviews.all())
        self.media = ClipMedia(library)
        self._templates = environment("audsem_data.browse")
        self._choices = choices(self.index)

    def page(self, name: str, **values: Any) -> HTMLResponse:
        """Return a template filled with what every page needs and these values."""
        known = {
            "csrf": self.csrf,
            "library": self.library,
            "letters": LETTERS,
            "scores": self.index.scores,
            "address": _address,
        }
        return HTMLResponse(self._templates.get_template(name).render(**known, **values))

    def start(self, request: Request) -> Response:
        """Return the first page: filters, a page of clips, and the clip that the address names, if it names one."""
        query = self._query(request)
        found = search(self.index, query)
        wanted = request.query_params.get("clip") or (found.clips[0]["clip_id"] if found.clips else "")
        shown = self._view(wanted) if wanted else None
        return self.page(
            "browse.html.j2",
            query=query,
            found=found,
            shown=shown,
            choices=self._choices,
            pictures=self._pictures(shown),
        )

    def list(self, request: Request) -> Response:
        """Return the list alone."""
        query = self._query(request)
        return self.page("list.html.j2", query=query, found=search(self.index, query), shown=None)

    def clip(self, request: Request) -> Response:
        """Return one clip alone."""
        shown = self._view(request.path_params["key"])
        return self.page("clip.html.j2", shown=shown, pictures=self._pictures(shown))

    def attempts(self, request: Request) -> Response:
        """Return every answer of the writer and the judge about a clip."""
        found = list(attempts(self.library, self._known(request.path_params["key"])["clip_id"]))
        return self.page("attempts.html.j2", attempts=found)

    def thresholds(self, request: Request) -> Response:
        """Return two thresholds of a score side by side, and what falls between."""
        given = request.query_params
        score = given.get("score") or next(iter(self.index.scores), "")
        if not score:
            return self.page("thresholds.html.j2", compared=None, **_NOTHING_SHOWN)
        compared = compare(self.index, score, given.get("a", ""), given.get("b", ""))
        low, high = compared.span
        page = Query.read({"page": given.get("page", "")}, self.index.scores).page
        query = Query(score=score, low=low, high=high, order="low", page=page)
        return self.page(
            "thresholds.html.j2", compared=compared, found=search(self.index, query), query=query, **_NOTHING_SHOWN
        )

    def sound(self, request: Request) -> Response:
        """Return a clip's sound, or the part of it that is asked for."""
        found = self.media.sound(self._known(request.path_params["key"])["clip_id"])
        if found is None:
            raise HTTPException(404, "the clip has no sound here")
        return ranged(request.headers.get("range"), *found, headers=_KEPT_S)

    def spectrogram(self, request: Request) -> Response:
        """Return a clip's spectrogram."""
        return _image(self.media.spectrogram(self._known(request.path_params["key"])["clip_id"]), "image/png")

    def picture(self, request: Request) -> Response:
        """Return one of a clip's pictures."""
        key = self._known(request.path_params["key"])["clip_id"]
        return _image(self.media.picture(key, request.path_params["number"]), "image/jpeg")

    def static(self, request: Request) -> Response:
        """Return a style or a script."""
        name = request.path_params["name"]
        if name in _STATIC:
            return Response(asset(name), media_type=_STATIC[name])
        if name in _OURS:
            return Response(_static(name), media_type=_OURS[name])
        raise HTTPException(404)

    async def review(self, request: Request) -> Response:
        """Keep a decision and return it."""
        try:
            given = json.loads(await request.body())
            verdict = Verdict(given["verdict"]) if given.get("verdict") else None
            key, comment = str(given["clip_id"]), str(given.get("comment") or "")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise HTTPException(400, f"expected clip_id, verdict and comment as JSON: {error}") from None
        return JSONResponse(await run_in_threadpool(self._decide, key, verdict, comment))

    def _decide(self, key: str, verdict: Verdict | None, comment: str) -> dict[str, Any]:
        made = self.reviews.decide(self._known(key)["clip_id"], verdict, comment)
        self.index.note(made)
        return {"clip_id": key, "verdict": made.verdict, "comment": made.comment}

    def _query(self, request: Request) -> Query:
        return Query.read(request.query_params, self.index.scores)

    def _known(self, key: str) -> dict[str, Any]:
        statement = "SELECT c.*, r.verdict, r.comment FROM clips c LEFT JOIN reviews r USING (clip_id)"
        rows = self.index.ask(f"{statement} WHERE c.clip_id = $key", {"key": key})
        if not rows:
            raise HTTPException(404, "no clip has this id")
        return rows[0]

    def _view(self, key: str) -> ClipView:
        return view(self.library, self._known(key))

    def _pictures(self, shown: ClipView | None) -> int:
        return self.media.pictures(shown.row["clip_id"]) if shown and shown.row["is_clip"] else 0


def application(
    library: Library, reviews: Reviews, hosts: Collection[str] | None = LOOPBACK, token: str | None = None
) -> Starlette:
    """Return the guarded application over a library; its state holds the `Browser`."""
    browser = Browser(library, reviews)
    routes = [
        Route("/", browser.start),
        Route("/list", browser.list),
        Route("/thresholds", browser.thresholds),
        Route("/clip/{key}", browser.clip),
        Route("/attempts/{key}", browser.attempts),
        Route("/sound/{key}", browser.sound),
        Route("/spectrogram/{key}", browser.spectrogram),
        Route("/picture/{key}/{number:int}", browser.picture),
        Route("/static/{name}", browser.static),
        Route("/review", browser.review, methods=["POST"]),
    ]
    guard = Middleware(Guard, hosts=hosts, token=token, csrf=browser.csrf)
    made = Starlette(routes=routes, middleware=[guard], exception_handlers={AudsemError: _failed})
    made.state.browser = browser
    return made


def _failed(request: Request, error: Exception) -> Response:
    """Return what went wrong as a person reads it: a wrong question is 400, a damaged file 500."""
    return PlainTextResponse(f"{error}\n", 400 if isinstance(error, (UsageError, InputError)) else 500)


def _image(data: bytes | None, kind: str) -> Response:
    if data is None:
        raise HTTPException(404, "there is no such picture")
    return Response(data, media_type=kind, headers=_KEPT_S)


def _address(query: Query, **changed: Any) -> str:
    """Return the part of an address that says a query, with some of it changed."""
    values: Mapping[str, Any] = {**query.__dict__, **changed}
    told = {
        name: value
        for name, value in values.items()
        if value not in ("", None, 0) and (name, value) != ("order", "id")
    }
    return urlencode(told)


def _static(name: str) -> str:
    return (files("audsem_data.browse") / "static" / name).read_text(encoding="utf-8")
