"""The units of the given sources: a subtitle file, a range of a dump, a table, or media that no file captions."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from audsem_data.core.errors import InputError
from audsem_data.core.keys import escape_video_id
from audsem_data.core.layout import Unit
from audsem_data.stages.ingest.files import Kind, SourceFile, find_files
from audsem_data.stages.ingest.info import SUFFIX
from audsem_data.stages.ingest.media import MediaIndex, Near
from audsem_data.stages.ingest.names import SubtitleName, parse_subtitle_name
from audsem_data.stages.ingest.tables import check_columns
from audsem_data.stages.ingest.video_names import Group, VideoNames
from audsem_data.subtitles.filmot import COMPRESSIONS


def discover_units(
    sources: Sequence[str], range_bytes: int, known: Mapping[str, Mapping[str, Any]] | None = None
) -> Iterator[Unit]:
    """Yield the units of these sources.

    A dump is split into ranges of `range_bytes`, so that no shard has to hold a whole one. Units that were
    discovered before, `known` by name with their payloads, keep their videos' ids. Raises InputError.
    """
    files = find_files(sources)
    media_files = [file for file in files if file.kind is Kind.MEDIA]
    media = MediaIndex(media_files)
    found = {file: _found(file, media) for file in files if file.kind in (Kind.SUBTITLES, Kind.UNSUPPORTED)}
    captioned = {one.name.video for one in found.values()}
    groups = [Group.of(one.near.path) for one in found.values() if one.near and one.near.path]
    groups += [Group.of(file.path) for file in media_files if file.path.stem not in captioned]
    names = VideoNames(media_files, groups, (known or {}).values())
    for file in files:
        match file.kind:
            case Kind.SUBTITLES | Kind.UNSUPPORTED:
                yield _subtitles(file, found[file], names, (known or {}).get(file.name, {}))
            case Kind.DUMP:
                yield from _dump(file, media, range_bytes)
            case Kind.TABLE:
                check_columns(file.path)
                yield _unit(file, media=media.by_video(file.path))
            case Kind.MEDIA:
                pass  # after all subtitles are known
    for file in media_files:
        if file.path.stem not in captioned:
            video_id = names.video_id(file.path)
            yield _unit(file, size=0, video_id=video_id, media={video_id: str(file.path)})


class _Found(NamedTuple):
    """What a subtitle file's name says, and the media file that it captions."""

    name: SubtitleName
    near: Near | None


def _found(file: SourceFile, media: MediaIndex) -> _Found:
    name = parse_subtitle_name(file.path.stem, media.stems)
    return _Found(name, media.near(escape_video_id(name.video), file.path))


def _subtitles(file: SourceFile, found: _Found, names: VideoNames, before: Mapping[str, Any]) -> Unit:
    name, near = found
    path = near.path if near else None
    video_id = names.video_id(path) if path else before.get("video_id", escape_video_id(name.video))
    info = file.path.with_name(name.video + SUFFIX)
    return _unit(
        file,
        video_id=video_id,
        language=name.language,
        suffix=file.suffix,
        media={video_id: str(path)} if path else {},
        info=str(info) if info.is_file() else None,
        ambiguous=list(near.rivals) if near else [],
    )


def _dump(file: SourceFile, media: MediaIndex, range_bytes: int) -> Iterator[Unit]:
    size = file.path.stat().st_size
    known = media.by_video(file.path)
    if file.path.suffix.lower() in COMPRESSIONS:  # cannot be read from the middle
        yield _unit(file, size=size, begin=0, end=None, media=known)
        return
    for number, begin in enumerate(range(0, size, range_bytes)):
        end = min(begin + range_bytes, size)
        yield _unit(file, f"{file.name}#{number:06d}", end - begin, begin=begin, end=end, media=known)


def _unit(file: SourceFile, name: str | None = None, size: int | None = None, **payload: Any) -> Unit:
    """Return a unit; its signature covers the file, its media, and the information beside it."""
    stat = file.path.stat()
    signature = f"{stat.st_size}-{stat.st_mtime_ns}"
    beside = [*payload.get("media", {}).values(), *filter(None, [payload.get("info")])]
    if beside:
        signature += f"-{_digest(beside)}"
    payload = {"kind": str(file.kind), "path": str(file.path), "file": file.name, **payload}
    return Unit(name or file.name, signature, payload, stat.st_size if size is None else size)


def _digest(paths: Sequence[str]) -> str:
    """Hash where these files are and how they look from outside."""
    hashed = hashlib.sha256()
    for path in paths:
        try:
            stat = Path(path).stat()
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror}") from error
        hashed.update(f"{path}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return hashed.hexdigest()[:16]
