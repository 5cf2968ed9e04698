"""Tables of captioned segments (CSV, Parquet), as one track a video.

Columns: `video_id` (a video's name), `path` (a media file) or `video` (either), `url` (where it is published, for
`download`); `start` and `end` in seconds or `start_ms` and `end_ms`; `text`. A row may have all of them: `video_id`
names the video, `path` its media. A file without a name is called by its stem, or by its whole path where several
files of the table share a stem.
"""

import csv
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
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


class _Named(NamedTuple):
    """What a video is known by: a name, escaped, or a media file as the table writes it."""

    text: str
    is_file: bool


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
    drafts: dict[_Named, _Draft] = {}
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
        named = _video(row)
        if named:
            _add(drafts.setdefault(named, _Draft()), row, _media(row, path.parent))
        else:
            nameless.append(number)
    for video_id, draft in sorted(_identified(drafts).items()):
        yield TableTrack(video_id, numbered(draft.cues, draft.damaged), draft.media)
    if nameless:
        yield TableDamage(f"{len(nameless)} rows name no video; the first is row {nameless[0]}")
    if broken:
        yield TableDamage(broken)


def row_videos(path: Path) -> list[str | None]:
    """Return the id of the video that each row of a table is of, in order; None for a row that names none.

    A row that cannot be read ends the table.
    """
    named = []
    with suppress(csv.Error, pa.ArrowException):
        for row in _rows(path):
            named.append(_video(row))
    ids = _ids({one for one in named if one})
    return [ids[one] if one else None for one in named]


def _add(draft: _Draft, row: Mapping[str, Any], media: str | None) -> None:
    if media and "://" in media and not is_address(media):  # an address that nothing here could fetch
        draft.damaged += 1
        return
    draft.media = draft.media or media
    if (
        media and media != draft.media
    ):  # a name for two files: the sound of one must not stand under the other's text
        draft.damaged += 1
        return
    try:
        draft.cues.append(TimedText(*_times(row), str(row.get("text") or "").strip()))
    except ValueError:
        draft.damaged += 1


def _times(row: Mapping[str, Any]) -> tuple[int, int]:
    if "start_ms" in row:
        return whole_ms(row.get("start_ms")), whole_ms(row.get("end_ms"))
    return seconds_to_ms(row.get("start")), seconds_to_ms(row.get("end"))


def _video(row: Mapping[str, Any]) -> _Named | None:
    """Return what a row calls its video: a name of its own, or the file or address that it is known by."""
    name, file, address = _text(row, "video_id"), _file(row), _text(row, _URL)
    if not name and not file:
        name = _text(row, "video") or address
    if name:
        return _Named(escape_video_id(name), False)
    return _Named(file, True) if file else None


def _media(row: Mapping[str, Any], folder: Path) -> str | None:
    """Return the row's media file (a relative path is beside the table), or its address; None if it has neither."""
    file = _file(row)
    return str(folder / file) if file else _text(row, _URL) or None


def _file(row: Mapping[str, Any]) -> str:
    video = _text(row, "video")
    is_file = Path(video).suffix.lower().lstrip(".") in MEDIA_SUFFIXES
    return _text(row, "path") or (video if is_file else "")


def _text(row: Mapping[str, Any], column: str) -> str:
    return str(row.get(column) or "").strip()


def _identified(drafts: Mapping[_Named, _Draft]) -> dict[str, _Draft]:
    """Return the drafts by video id."""
    return {video_id: drafts[named] for named, video_id in _ids(drafts).items()}


def _ids(names: Collection[_Named]) -> dict[_Named, str]:
    """Return the id of each name; files that share a stem, with each other or a name, are told apart by path."""
    stems = Counter(escape_video_id(Path(named.text).stem) if named.is_file else named.text for named in names)
    found: dict[_Named, str] = {}
    for named in names:
        stem = escape_video_id(Path(named.text).stem)
        unique = not named.is_file or stems[stem] == 1
        found[named] = (stem if named.is_file else named.text) if unique else escape_video_id(named.text)
    return found


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
