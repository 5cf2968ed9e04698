"""Readers of benchmarks' lists, each known by its first line or its keys.

AudioSet segments, AudioCaps, VGGSound (official, and by file names), Clotho, FSD50K, WavCaps, MMAU, MMAR; tables
with the columns that such lists have; and plain lists of ids, addresses or file names, one a line.
"""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from audsem_data.benchmarks.entry import Entry, milliseconds, video_of
from audsem_data.core.errors import InputError

CLIP_MS = 10_000  # of AudioSet, AudioCaps and VGGSound, where a list names the beginning alone
_IDS = ("video_id", "youtube_id", "ytid", "YTID", "url", "link")
_STARTS = ("start_ms", "start", "start_time", "start_seconds", "begin_time")
_ENDS = ("end_ms", "end", "end_time", "end_seconds")
_FILES = ("file_name", "filename", "fname", "audio_id", "audio_path", "path", "audio")


def read_list(path: Path) -> list[Entry]:
    """Return the recordings of a list; raises InputError that names the place at fault."""
    try:
        entries = list(_READERS.get(path.suffix.lower(), _read_text)(path))
    except FileNotFoundError as error:
        raise InputError(f"there is no list {path}") from error
    except (OSError, UnicodeDecodeError, csv.Error, json.JSONDecodeError, pa.ArrowException) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    if not entries:
        raise InputError(f"{path} names no recording")
    return entries


def _read_csv(path: Path) -> Iterator[Entry]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = csv.reader(stream, skipinitialspace=True)
        header: list[str] | None = None
        for row in rows:
            if not row:
                continue
            if row[0].startswith("#"):
                header = [row[0].lstrip("# "), *row[1:]] if "YTID" in row[0] else header
            elif header is None and _is_header(row):
                header = row
            else:
                yield _placed(path, rows.line_num, partial(_of_row, header, row))


def _is_header(row: Sequence[str]) -> bool:
    return any(name in (*_IDS, *_FILES) for name in row)


def _of_row(header: Sequence[str] | None, row: Sequence[str]) -> Entry:
    if header:
        return _of_mapping(dict(zip(header, row, strict=False)))
    name = row[0]
    if len(row) >= 4:  # VGGSound: id, start, label, split
        start = milliseconds(row[1])
        return Entry(name, start, None if start is None else start + CLIP_MS)
    return _of_file(name)


def _of_file(name: str) -> Entry:
    """Read a file's name; `ID_000300.mp4` is VGGSound's way to name a video and its second."""
    stem = name.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    begin, _, seconds = stem.rpartition("_")
    if len(seconds) == 6 and seconds.isdigit() and video_of(begin):
        start = int(seconds) * 1000
        return Entry(begin, start, start + CLIP_MS, name)
    prefixed = stem[1:] if stem.startswith("Y") else stem  # WavCaps and others: Y before the id
    return Entry(video_of(prefixed) if len(prefixed) == 11 and len(stem) == 12 else None, None, None, name)


def _of_mapping(row: Mapping[str, Any]) -> Entry:
    named = next((row[name] for name in _IDS if row.get(name)), None)
    file = next((row[name] for name in _FILES if isinstance(row.get(name), str) and row[name]), None)
    if named is None:
        return _of_file(file) if file else Entry()
    start, end = _time(row, _STARTS), _time(row, _ENDS)
    if start is not None and end is None:
        end = start + CLIP_MS
    return Entry(video_of(str(named)) or str(named), start, end, file)


def _time(row: Mapping[str, Any], names: Sequence[str]) -> int | None:
    name = next((name for name in names if row.get(name) not in (None, "")), None)
    if name is None:
        return None
    return int(row[name]) if name.endswith("_ms") else milliseconds(row[name])


def _read_json(path: Path) -> Iterator[Entry]:
    held = json.loads(path.read_text(encoding="utf-8"))
    items = held.get("data", held) if isinstance(held, dict) else held
    if isinstance(items, dict):
        items = [value if isinstance(value, dict) else {"file_name": key} for key, value in items.items()]
    for number, item in enumerate(items):
        yield _placed(path, number, partial(_of_item, item))


def _of_item(item: Any) -> Entry:
    if isinstance(item, str):
        return _of_line(item)
    found = _of_mapping(item)
    return found if found != Entry() else _of_file(str(item["id"]))


def _read_lines(path: Path) -> Iterator[Entry]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            yield _placed(path, number, partial(_of_json, line))


def _of_json(line: str) -> Entry:
    return _of_item(json.loads(line))


def _read_parquet(path: Path) -> Iterator[Entry]:
    wanted = [name for name in pq.read_schema(path).names if name in (*_IDS, *_STARTS, *_ENDS, *_FILES)]
    for number, row in enumerate(pq.read_table(path, columns=wanted).to_pylist()):
        yield _placed(path, number, partial(_of_mapping, row))


def _read_text(path: Path) -> Iterator[Entry]:
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            yield _of_line(line.strip())


def _of_line(line: str) -> Entry:
    video = video_of(line)
    return Entry(video) if video else _of_file(line)


def _placed(path: Path, place: int, read: Callable[[], Entry]) -> Entry:
    try:
        return read()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}, {place}: no entry of a list: {error}") from error


_READERS: Mapping[str, Callable[[Path], Iterator[Entry]]] = {
    ".csv": _read_csv,
    ".tsv": _read_csv,
    ".json": _read_json,
    ".jsonl": _read_lines,
    ".parquet": _read_parquet,
}
