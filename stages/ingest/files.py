"""The files of the given sources: what each is, and a name for it that does not depend on where it lies."""

import os
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from audsem_data.core.errors import InputError
from audsem_data.media.names import MEDIA_SUFFIXES
from audsem_data.subtitles.filmot import COMPRESSIONS, open_dump
from audsem_data.subtitles.reader import READERS
from audsem_data.subtitles.reasons import SubtitleError

TABLE_SUFFIXES = ("csv", "parquet")
_DUMP_SUFFIXES = ("txt", "json", "jsonl")
_OTHER_SUBTITLES = ("sub", "sami", "smi", "scc", "stl")
_HEAD = 1 << 16
JOURNAL = "fetched.jsonl"  # that `fetch-subtitles` keeps in its folder


class Kind(StrEnum):
    """What a file is to ingest."""

    SUBTITLES = "subtitles"
    DUMP = "dump"
    TABLE = "table"
    MEDIA = "media"
    UNSUPPORTED = "unsupported"


class SourceFile(NamedTuple):
    """A file of a source; `name` is unique, and begins with the name of the folder that was given."""

    name: str
    path: Path
    kind: Kind

    @property
    def suffix(self) -> str:
        """The end of the name, in lower case and without its dot; an XML file that is read is TTML."""
        suffix = self.path.suffix.lower().lstrip(".")
        return "ttml" if suffix == "xml" else suffix


def find_files(sources: Sequence[str]) -> list[SourceFile]:
    """Return every file of these sources that ingest has to do with, once, each with a name of its own.

    A file that lies in two sources belongs to the first. Two files of the same name are told apart by the
    order of their sources, which a workspace never changes. Tables are only read where they are named
    themselves: a folder's CSV may be anything. Raises InputError for a source that is not there, or holds
    neither media nor subtitles.
    """
    found: dict[str, SourceFile] = {}
    seen: set[tuple[Path, str]] = set()
    for source in sources:
        for file in _files_of(Path(source).absolute()):
            _check_name(file.path)
            known = (file.path.resolve(), file.path.name)  # by name too: stores link equal files under many names
            if known not in seen:
                seen.add(known)
                name = _unique(file.name, found)
                found[name] = file._replace(name=name)
    return list(found.values())


def _files_of(source: Path) -> Iterator[SourceFile]:
    if source.is_dir():
        files = list(_folder(source))
        if not files and not (source / JOURNAL).is_file():  # what was fetched may all have been taken down
            raise InputError(
                f"{source} holds neither media nor subtitles; name a folder that does, or a CSV or Parquet file"
            )
        yield from files
    elif source.is_file():
        yield SourceFile(source.name, source, _kind_of_named(source))
    else:
        raise InputError(f"{source}: no such file or folder; check the path given as --source")


def _folder(source: Path) -> Iterator[SourceFile]:
    name = source.resolve().name
    for path in _walk(source):
        kind = _kind(path)
        if kind and kind is not Kind.TABLE:
            yield SourceFile(f"{name}/{path.relative_to(source).as_posix()}", path, kind)


def _walk(top: Path) -> Iterator[Path]:
    """Yield the visible files below a folder in order of name; a linked folder is entered, but once."""
    entered: set[str] = set()
    for folder, inner, names in os.walk(top, onerror=_refuse, followlinks=True):
        real = os.path.realpath(folder)
        if real in entered:
            inner.clear()
            continue
        entered.add(real)
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        yield from (Path(folder, name) for name in sorted(names) if not name.startswith("."))


def _refuse(error: OSError) -> None:
    raise InputError(f"{error.filename} cannot be read: {error.strerror}") from error


def _kind(path: Path) -> Kind | None:
    suffix = path.suffix.lower().lstrip(".")
    if suffix in READERS:
        return Kind.SUBTITLES
    if suffix in MEDIA_SUFFIXES:
        return Kind.MEDIA
    if suffix in TABLE_SUFFIXES:
        return Kind.TABLE
    if suffix in _OTHER_SUBTITLES:
        return Kind.UNSUPPORTED
    if suffix == "xml" and b"<tt" in (_head(path) or b""):
        return Kind.SUBTITLES
    # Beside videos lie other JSON and text files: only one that names video ids is a dump.
    if _may_be_dump(path):
        head = _head(path)
        if head is None or (b'"videoid"' in head and _begins_with_brace(head)):
            return Kind.DUMP
    return None


def _may_be_dump(path: Path) -> bool:
    inner = path.with_suffix("") if path.suffix.lower() in COMPRESSIONS else path
    return inner.suffix.lower().lstrip(".") in _DUMP_SUFFIXES


def _kind_of_named(path: Path) -> Kind:
    kind = _kind(path)
    if kind is None and _may_be_dump(path) and _begins_with_brace(_head(path) or b""):
        return Kind.DUMP
    if kind is None:
        known = ", ".join([*READERS, *TABLE_SUFFIXES, *MEDIA_SUFFIXES])
        raise InputError(
            f"{path} is nothing that ingest reads: {known}, or a Filmot dump (txt, json, jsonl, also .gz or .zst; "
            "it begins with {)"
        )
    return kind


def _begins_with_brace(head: bytes) -> bool:
    """Say whether an object comes first, or nothing but blanks: a dump whose first videos were taken down."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"", b"{")


def _head(path: Path) -> bytes | None:
    """Return how a file begins; None for a damaged archive, which reading it will tell of."""
    try:
        with open_dump(path) as file:
            return file.read(_HEAD)
    except SubtitleError:
        return None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error


def _check_name(path: Path) -> None:
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise InputError(f"{path!r}: the name of a file is not UTF-8; rename it") from error


def _unique(name: str, taken: Iterable[str]) -> str:
    count, unique = 1, name
    while unique in taken:
        count += 1
        unique = f"{name}~{count}"
    return unique
