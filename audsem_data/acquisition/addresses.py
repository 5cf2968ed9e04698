"""Which video an address names, told by its form alone: no host is asked."""

import importlib.util
from collections.abc import Iterator
from pathlib import PurePosixPath
from urllib.parse import parse_qs, unquote, urlsplit

from audsem_data.media.names import MEDIA_SUFFIXES

_YOUTUBE = ("youtube.com", "youtube-nocookie.com")
_YOUTUBE_PATHS = ("shorts", "embed", "live", "v", "e")


def ids_in(address: str) -> list[str]:
    """Return the ids that an address may name, not escaped, most likely first.

    YouTube's forms are known here, other sites' where yt-dlp is installed: an id is what its extractor of the site
    takes for one. Where none knows the site, the last part of the path is the id, unless it is a page that is told
    what to show: nobody's other video may be taken for the one that is meant.
    """
    found = dict.fromkeys(name for name in (*youtube_ids(address), *_of_sites(address)) if name)
    return list(found) or [name for name in (_stem(address),) if name]


def plain_address(address: str) -> str:
    """Return an address without what makes no difference: scheme, `www.`, fragment, last slash, the host's case."""
    parts = urlsplit(address.strip())
    host = parts.netloc.lower().removeprefix("www.").removeprefix("m.")
    return f"{host}{parts.path.rstrip('/')}" + (f"?{parts.query}" if parts.query else "")


def youtube_ids(address: str) -> Iterator[str]:
    """Yield the id that an address of YouTube names; nothing for an address elsewhere."""
    parts = urlsplit(address)
    host, path = (parts.hostname or "").lower(), [part for part in parts.path.split("/") if part]
    if host.removeprefix("www.") == "youtu.be":
        yield from path[:1]
    elif any(host == name or host.endswith(f".{name}") for name in _YOUTUBE):
        yield from parse_qs(parts.query).get("v", ())
        if len(path) > 1 and path[0] in _YOUTUBE_PATHS:
            yield path[1]


def _of_sites(address: str) -> Iterator[str]:
    if importlib.util.find_spec("yt_dlp") is None:
        return
    from yt_dlp.extractor import gen_extractor_classes  # noqa: PLC0415  (an extra)

    for extractor in gen_extractor_classes():
        if extractor.suitable(address) and (found := extractor.get_temp_id(address)):
            yield str(found)


def _stem(address: str) -> str:
    parts = urlsplit(address)
    name = PurePosixPath(unquote(parts.path))
    is_file = name.suffix.lower().lstrip(".") in MEDIA_SUFFIXES
    return name.stem if is_file or not parts.query else ""
