"""Tables of captioned segments (CSV, Parquet), as one track a video.

Columns: `video_id` (a video's name), `path` (a media file) or `video` (either), `url` (where it is published, for
`download`); `start` and `end` in seconds or `start_ms` and `end_ms`; `text`.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from audsem_data.core.errors import InputError
from audsem_data.core.keys import escape_video_id
from audsem_data.media.names import MEDIA_SUFFIXES, is_address
from audsem_data.subtitles.cue import TimedText, Track, numbered
from audsem_data.subtitles.timing import seconds_to_ms, whole_ms

_VIDEO = ("video_id", "video", "path")
_URL = "url"


class TableTrack(NamedTuple):
    """The captions of a video, and its media file or address where the table names one."""

    video_id: str
    track: Track
    media: str | None


class TableDamage(NamedTuple):
    """Rows of a table that belong to no video."""

    detail: str


@dataclass
class _Draft:
    cues: list[TimedText] = field(default_factory=list)
    damaged: int = 0
    media: str | None = None


def check_columns(path: Path) -> None:
    """Raise InputError unless a table has the columns that it needs."""
    names = set(_header(path))
    wanted = []
    if not names.intersection((*_VIDEO, _URL)):
        wanted.append(" or ".join((*_VIDEO, _URL)))
    if not ({"start", "end"} <= names or {"start_ms", "end_ms"} <= names):
        wanted.append("start and end (seconds) or start_ms and end_ms")
    if "text" not in names:
        wanted.append("text")
    if wanted:
        raise InputError(f"{path} lacks columns: {'; '.join(wanted)}; it has: {', '.join(sorted(names)) or 'none'}")


def read_table_tracks(path: Path) -> Iterator[TableTrack | TableDamage]:
    """Yield a track for every video of a table, in order of video id, then what is damaged. Raises OSError."""
    drafts: dict[str, _Draft] = {}
    nameless: list[int] = []
    broken: str | None = None
    rows = _rows(path)
    number = 0
    while True:
        try:
            row = next(rows, None)
        except (csv.Error, pa.ArrowException) as error:
            broken = f"after row {number}: {error}"
            break
        if row is None:
            break
        number += 1
        video_id, media = _video(row, path.parent)
        if video_id:
            _add(drafts.setdefault(video_id, _Draft()), row, media)
        else:
            nameless.append(number)
    for video_id, draft in sorted(drafts.items()):
        yield TableTrack(video_id, numbered(draft.cues, draft.damaged), draft.media)
    if nameless:
        yield TableDamage(f"{len(nameless)} rows name no video; the first is row {nameless[0]}")
    if broken:
        yield TableDamage(broken)


def _add(draft: _Draft, row: Mapping[str, Any], media: str | None) -> None:
    if media and "://" in media and not is_address(media):  # an address that nothing here could fetch
        draft.damaged += 1
        return
    draft.media = draft.media or media
    try:
        draft.cues.append(TimedText(*_times(row), str(row.get("text") or "").strip()))
    except ValueError:
        draft.damaged += 1


def _times(row: Mapping[str, Any]) -> tuple[int, int]:
    if "start_ms" in row:
        return whole_ms(row.get("start_ms")), whole_ms(row.get("end_ms"))
    return seconds_to_ms(row.get("start")), seconds_to_ms(row.get("end"))


def _video(row: Mapping[str, Any], folder: Path) -> tuple[str | None, str | None]:
    """Return the video's id, and its media file (a relative path is beside the table) or address, if it has one."""
    address = str(row.get(_URL) or "").strip() or None
    for column in _VIDEO:
        value = str(row.get(column) or "").strip()
        if not value:
            continue
        is_file = column == "path" or (
            column == "video" and Path(value).suffix.lower().lstrip(".") in MEDIA_SUFFIXES
        )
        if is_file:
            return escape_video_id(Path(value).stem), str(folder / value)
        return escape_video_id(value), address
    return (escape_video_id(address), address) if address else (None, None)


def _header(path: Path) -> Iterable[str]:
    try:
        if path.suffix.lower() == ".parquet":
            return [name.strip().lower() for name in pq.read_schema(path).names]
        with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
            return [name.strip().lower() for name in next(csv.reader(file), [])]
    except (OSError, csv.Error, pa.ArrowException) as error:
        raise InputError(f"{path} cannot be read as a table: {error}") from error


def _rows(path: Path) -> Iterator[Mapping[str, Any]]:
    if path.suffix.lower() == ".parquet":
        for batch in pq.ParquetFile(path).iter_batches():
            for row in batch.to_pylist():
                yield {name.strip().lower(): value for name, value in row.items()}
        return
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        reader = csv.reader(file)
        names = [name.strip().lower() for name in next(reader, [])]
        for values in reader:
            if values:
                yield dict(zip(names, values, strict=False))
