"""A source file without some of its videos: for what was piped into a workspace and must be taken down."""

import csv
import json
import re
from collections.abc import Callable, Iterator, Set
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from audsem_data.core.keys import escape_video_id
from audsem_data.stages.ingest.tables import row_videos
from audsem_data.subtitles.filmot import COMPRESSIONS, open_dump
from audsem_data.subtitles.filmot_window import Window
from audsem_data.subtitles.markup import strip_markup

_NAME = re.compile(r'"videoid"\s*:\s*("(?:[^"\\]|\\.)*")')
_LONGEST = 64 << 20
_BLANKS = " \t\r\n"
_DECODER = json.JSONDecoder(strict=False)


def leave_out(file: Path, videos: Set[str], out: Path) -> int:
    """Write a dump or a table without these videos (escaped ids); return how many objects or rows that drops."""
    match file.suffix.lower():
        case ".parquet":
            return _parquet(file, videos, out)
        case ".csv":
            return _csv(file, videos, out)
        case suffix:
            return _dump(file, videos, out, packed=COMPRESSIONS.get(suffix))


def _parquet(file: Path, videos: Set[str], out: Path) -> int:
    kept = [video not in videos for video in row_videos(file)]
    pq.write_table(pq.read_table(file).filter(pa.array(kept, pa.bool_())), out)
    return kept.count(False)


def _csv(file: Path, videos: Set[str], out: Path) -> int:
    drop = [video in videos for video in row_videos(file)]
    with (
        file.open(newline="", encoding="utf-8-sig", errors="replace") as old,
        out.open("w", newline="", encoding="utf-8") as new,
    ):
        rows, writer = csv.reader(old), csv.writer(new, lineterminator="\n")
        writer.writerow(next(rows, []))
        filled = (row for row in rows if row)
        for gone in drop:  # no further than the table could be read
            row = next(filled)
            if not gone:
                writer.writerow(row)
    return drop.count(True)


def _dump(file: Path, videos: Set[str], out: Path, packed: str | None) -> int:
    """Blank the objects of videos: what follows stays where it is, so ranges of the dump stand."""
    count = 0
    with open_dump(file) as old, pa.output_stream(str(out), compression=packed) as new:
        for piece in _pieces(old):
            kept, gone = _blanked(piece, lambda name: escape_video_id(strip_markup(name)) in videos)
            new.write(kept)
            count += gone
    return count


def _pieces(file: object) -> Iterator[bytes]:
    """Yield all bytes of a dump, cut where an object begins; one too long to be read is blank."""
    window = Window(file, 0)  # type: ignore[arg-type]
    if window.position:
        yield b"\n" * window.position  # the mark before the first object
    while not window.ended:
        position = window.position
        piece = window.next_piece(_LONGEST)
        yield piece if piece is not None else b"\n" * (window.position - position)


def _blanked(piece: bytes, goes: Callable[[str], bool]) -> tuple[bytes, int]:
    """Return a piece, as long as it was, with blanks for the objects of videos that go, and how many these are.

    What cannot be parsed goes if it mentions such a video: it was never read.
    """
    text = piece.decode("latin-1")  # a character a byte: JSON's own are ASCII
    if not any(goes(_unquoted(found[1])) for found in _NAME.finditer(text)):
        return piece, 0
    position, count, kept = 0, 0, ""
    while position < len(text):
        start = len(text) - len(text[position:].lstrip(_BLANKS))
        kept += text[position:start]
        if start == len(text):
            break
        try:
            value, position = _DECODER.raw_decode(text, start)
            gone = goes(_name(value))
        except (ValueError, RecursionError):
            position = len(text)
            gone = any(goes(_unquoted(found[1])) for found in _NAME.finditer(text[start:]))
        held = text[start:position]
        count += gone
        kept += "".join(mark if mark == "\n" else " " for mark in held) if gone else held
    return kept.encode("latin-1"), count


def _name(value: Any) -> str:
    video = value.get("video") if isinstance(value, dict) else None
    return _as_utf8(str(video.get("videoid"))) if isinstance(video, dict) else ""


def _unquoted(text: str) -> str:
    try:
        return _as_utf8(str(json.loads(text, strict=False)))
    except ValueError:
        return text[1:-1]


def _as_utf8(text: str) -> str:
    """Return text that was read a character a byte."""
    try:
        return text.encode("latin-1").decode("utf-8", "replace")
    except UnicodeEncodeError:  # it holds escapes
        return text
