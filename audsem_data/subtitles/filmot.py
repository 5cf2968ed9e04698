"""Filmot dumps: JSON objects one after another, each a video with its caption tracks, some over several lines.

An object begins on a line whose first character is its brace. What does not parse up to the next such line is
damaged, and costs nothing but itself.
"""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from audsem_data.subtitles.cue import TimedText, Track, numbered
from audsem_data.subtitles.filmot_window import Window
from audsem_data.subtitles.markup import strip_markup
from audsem_data.subtitles.reasons import SubtitleError, SubtitleReason
from audsem_data.subtitles.timing import span_ms

if TYPE_CHECKING:
    from audsem_data.subtitles.filmot_scan import Scan, Scanner

_BLANK = re.compile(r"\s*")
_LONGEST = 64 << 20
COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}
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


class Scanned(NamedTuple):
    """Objects that a scanner took; places in `scan` are offsets in `data`, which holds until more is read."""

    data: memoryview
    scan: "Scan"


def read_filmot(
    path: Path, begin: int = 0, end: int | None = None, scanner: "Scanner | None" = None
) -> Iterator[DumpVideo | DumpDamage | Scanned]:
    """Yield what lies in the pieces of a dump that begin at the bytes [begin, end), in their order.

    Consecutive ranges yield every object exactly once. Plain objects are left to a scanner where one is given.
    Memory holds a block or one object. Raises OSError, and InputError for a damaged archive.
    """
    with open_dump(path) as file:
        window = Window(file, begin)
        while not window.ended and (end is None or window.position < end):
            if scanner and window.at_object:
                limit = len(window.data) if end is None else end - window.offset
                scan = scanner(window.data, window.at, limit, window.last)
                if len(scan.videos):
                    yield Scanned(window.data, scan)
                    window.at = scan.position
                    continue
                if window.grow(_LONGEST):  # the object goes on beyond the block
                    continue
            position = window.position
            piece = window.next_piece(_LONGEST)
            if piece is None:
                yield DumpDamage(position, f"an object of more than {_LONGEST} bytes")
            else:
                yield from _read_piece(_Piece(position, piece))


def compiled_scan() -> "Scanner | None":
    """Return the compiled scanner, where the `scan` extra is installed and the processor is one that it is for."""
    if find_spec("numba") is None or sys.byteorder != "little":
        return None
    from audsem_data.subtitles.filmot_scan import scan  # noqa: PLC0415  (compiles at first use)

    return scan


@contextmanager
def open_dump(path: Path) -> Iterator[IO[bytes]]:
    """Open a dump for reading, decompressing .gz and .zst; raises InputError where the archive is damaged."""
    compression = COMPRESSIONS.get(path.suffix.lower())
    if compression is None:
        with path.open("rb") as file:
            yield file
        return
    try:
        with pa.input_stream(str(path), compression=compression) as stream:
            yield stream
    except OSError as error:
        if error.errno is not None:
            raise
        raise SubtitleError(SubtitleReason.DAMAGED, f"the archive cannot be read: {error}") from error


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
