"""Filmot dumps: JSON objects one after another, each a video with its caption tracks, some over several lines.

An object begins on a line whose first character is its brace. What does not parse up to the next such line is
damaged, and costs nothing but itself. Memory holds one object.
"""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from audsem_data.media.subtitles.cue import TimedText, Track, numbered
from audsem_data.media.subtitles.markup import strip_markup
from audsem_data.media.subtitles.timing import span_ms

# A caption such as `{wind}` may stand first on a line too, where a string holds a raw line break.
_BEGINS = re.compile(rb'\{\s*("|$)')
_BLANK = re.compile(r"\s*")
_MARK = b"\xef\xbb\xbf"
_LONGEST = 64 << 20
_DECODER = json.JSONDecoder(strict=False)  # raw line breaks in strings occur


class DumpVideo(NamedTuple):
    """A video of a dump and its manual caption tracks as (language, track)."""

    video_id: str
    tracks: Sequence[tuple[str, Track]]


class DumpDamage(NamedTuple):
    """A piece of a dump that is no video; `offset` is where it begins, in bytes."""

    offset: int
    detail: str


class _Piece(NamedTuple):
    offset: int
    data: bytes
    whole: bool


def read_filmot(path: Path, begin: int = 0, end: int | None = None) -> Iterator[DumpVideo | DumpDamage]:
    """Yield what lies in the pieces of a dump that begin at the bytes [begin, end), in their order.

    Consecutive ranges yield every object exactly once. Raises OSError.
    """
    for piece in _pieces(path, begin, end):
        if not piece.whole:
            yield DumpDamage(piece.offset, f"an object of more than {_LONGEST} bytes")
            continue
        yield from _read_piece(piece)


def _pieces(path: Path, begin: int, end: int | None) -> Iterator[_Piece]:
    """Yield the lines from one beginning of an object to the next; what precedes the first is a piece too."""
    lines: list[bytes] = []
    offset = size = 0
    started = begin == 0
    for position, line in _lines(path, begin):
        if _BEGINS.match(line):
            if lines:
                yield _Piece(offset, b"".join(lines), size <= _LONGEST)
            if end is not None and position >= end:
                return
            lines, offset, size, started = [], position, 0, True
        if started:
            size += len(line)
            if size <= _LONGEST:
                lines.append(line)
    if lines:
        yield _Piece(offset, b"".join(lines), size <= _LONGEST)


def _lines(path: Path, begin: int) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that begin at or after an offset, each with its own."""
    with path.open("rb") as file:
        if begin:
            file.seek(begin - 1)
            _skip_line(file)
        elif file.read(len(_MARK)) != _MARK:
            file.seek(0)
        position = file.tell()
        at_start = True
        while line := file.readline(_LONGEST):
            # The rest of a line longer than the bound must not look like a beginning.
            yield position, line if at_start else b" " + line
            position += len(line)
            at_start = line.endswith(b"\n")


def _skip_line(file: Any) -> None:
    while (line := file.readline(_LONGEST)) and not line.endswith(b"\n"):
        pass


def _read_piece(piece: _Piece) -> Iterator[DumpVideo | DumpDamage]:
    text = piece.data.decode("utf-8", "replace")
    position = _skip_blank(text, 0)
    while position < len(text):
        try:
            value, position = _DECODER.raw_decode(text, position)
            yield _video(value)
        except (ValueError, RecursionError) as error:
            mentioned = re.search(r'"videoid"\s*:\s*"([^"]*)"', text[position:])
            of_video = f" of video {mentioned[1]}" if mentioned else ""
            yield DumpDamage(piece.offset, f"the object{of_video}: {error}")
            if isinstance(error, json.JSONDecodeError | RecursionError):
                return
        position = _skip_blank(text, position)


def _skip_blank(text: str, position: int) -> int:
    match = _BLANK.match(text, position)
    return match.end() if match else position


def _video(value: Any) -> DumpVideo:
    """Return the video that an object describes; raises ValueError for an object that is none."""
    video = value.get("video") if isinstance(value, dict) else None
    name = video.get("videoid") if isinstance(video, dict) else None
    if not isinstance(name, str) or not name.strip():
        raise ValueError("it has no video.videoid")
    captions = value.get("captions") or ()
    if not isinstance(captions, list | tuple):
        raise ValueError("its captions are no list")  # noqa: TRY004  (one error for all that is no video)
    return DumpVideo(strip_markup(name), [_track(caption) for caption in captions])


def _track(caption: Any) -> tuple[str, Track]:
    """Return language and cues of a caption track; one that has no cues where they belong is damaged."""
    language = str(caption.get("lang") or "") if isinstance(caption, dict) else ""
    try:
        texts = caption["subtitles"]["transcript"]["text"]
    except (KeyError, TypeError):
        return language, Track((), damaged=1)
    cues, damaged = [], 0
    for text in texts if isinstance(texts, list) else [texts]:
        try:
            cues.append(TimedText(*span_ms(text["-start"], text["-dur"]), strip_markup(str(text["t"]))))
        except (KeyError, TypeError, ValueError):
            damaged += 1
    return language, numbered(cues, damaged)
