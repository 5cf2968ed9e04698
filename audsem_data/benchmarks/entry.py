"""What a benchmark's list says of one recording."""

import re
from pathlib import PurePosixPath
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

_YOUTUBE = re.compile(r"[A-Za-z0-9_-]{11}")


class Entry(NamedTuple):
    """A recording: the video that it is cut from, where in ms, and the name of its file; None where not said."""

    video_id: str | None = None
    start_ms: int | None = None
    end_ms: int | None = None
    file_name: str | None = None


def video_of(text: str) -> str | None:
    """Return the YouTube id that a text is, or that its address names; None for any other text."""
    text = text.strip()
    if "/" in text or "?" in text:
        parts = urlsplit(text if "//" in text else f"//{text}")
        text = parse_qs(parts.query).get("v", [PurePosixPath(parts.path).name])[0]
    return text if _YOUTUBE.fullmatch(text) else None


def milliseconds(seconds: str | float | None) -> int | None:
    """Return seconds as whole milliseconds; None for nothing; raises ValueError for what is no number."""
    return None if seconds in (None, "") else round(float(seconds) * 1000)


def stem_of(name: str) -> str:
    """Return a file's name as names are compared: without folders and ending, in lower case, spaces as one."""
    bare = name.replace("\\", "/").rsplit("/", 1)[-1]
    stem = bare.rsplit(".", 1)[0] if re.search(r"\.[A-Za-z0-9]{2,5}$", bare) else bare
    return " ".join(stem.casefold().replace("_", " ").split())
