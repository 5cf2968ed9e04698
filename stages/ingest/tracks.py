"""A unit's tracks as outcomes: which cues become rows, and why a track or a cue does not."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from audsem_data.core.errors import InputError
from audsem_data.core.keys import ClipInterval, clip_id, cue_id, escape_video_id
from audsem_data.core.layout import Unit
from audsem_data.core.outcome import Done, Failed, Filtered, Outcome
from audsem_data.media.subtitles.cue import Cue, Track
from audsem_data.media.subtitles.embedded import read_embedded
from audsem_data.media.subtitles.filmot import DumpDamage, DumpVideo, read_filmot
from audsem_data.media.subtitles.reader import read_subtitles
from audsem_data.media.subtitles.reasons import SubtitleError, SubtitleReason
from audsem_data.stages.ingest.files import Kind
from audsem_data.stages.ingest.media import media_signature
from audsem_data.stages.ingest.names import clean_language, is_english, language_of
from audsem_data.stages.ingest.reasons import IngestReason
from audsem_data.stages.ingest.tables import TableDamage, read_table_tracks

Fates = Iterator[tuple[str, Outcome]]


class UnitReader:
    """Reads one unit; tracks are named after it, and repeated ones of a video numbered."""

    def __init__(self, unit: Unit, keep_all: bool) -> None:
        self._payload: Mapping[str, Any] = unit.payload
        self._name, self._keep_all = unit.name, keep_all
        self._path = Path(unit.payload["path"])
        self._media: Mapping[str, str] = unit.payload.get("media", {})
        self._seen: Counter[str] = Counter()
        self._whole_file = f"{escape_video_id(unit.name)}/all"

    def fates(self) -> Fates:
        """Yield (track key, outcome) of every track; a file that cannot be read is one Failed."""
        try:
            yield from self._fates()
        except OSError as error:
            detail = f"{type(error).__name__}: {error.strerror}"
            yield self._whole_file, Failed(SubtitleReason.UNREADABLE, detail)

    def _fates(self) -> Fates:
        match Kind(self._payload["kind"]):
            case Kind.SUBTITLES:
                yield self._subtitle_file()
            case Kind.DUMP:
                for found in read_filmot(self._path, self._payload["begin"], self._payload["end"]):
                    yield from self._dumped(found)
            case Kind.TABLE:
                for number, table in enumerate(read_table_tracks(self._path)):
                    if isinstance(table, TableDamage):
                        yield f"{self._whole_file}-{number}", Failed(SubtitleReason.DAMAGED, table.detail)
                    else:
                        yield self._track(table.video_id, "en", table.track, table.media)
            case Kind.MEDIA:
                yield from self._embedded()
            case Kind.UNSUPPORTED:
                language = self._payload["language"]
                yield self._filtered(self._payload["video_id"], language, IngestReason.UNSUPPORTED_FORMAT)

    def _subtitle_file(self) -> tuple[str, Outcome]:
        video_id, language = self._payload["video_id"], self._payload["language"]
        if not is_english(language):
            return self._filtered(video_id, language, IngestReason.OTHER_LANGUAGE, language)
        try:
            track = read_subtitles(self._path, self._payload["suffix"])
        except SubtitleError as error:
            return f"{video_id}/{self._track_name(video_id, language)}", error.outcome()
        return self._track(video_id, language, track)

    def _embedded(self) -> Fates:
        video_id = self._payload["video_id"]
        tracks = read_embedded(self._path)
        if not tracks:
            yield self._filtered(video_id, "none", IngestReason.NO_SUBTITLES)
        for language, track in tracks:
            yield self._track(video_id, language_of(language), track)

    def _dumped(self, found: DumpVideo | DumpDamage) -> Fates:
        if isinstance(found, DumpDamage):
            detail = f"at byte {found.offset}: {found.detail}"
            yield f"{self._whole_file}-{found.offset:015d}", Failed(SubtitleReason.DAMAGED, detail)
            return
        video_id = escape_video_id(found.video_id)
        if not found.tracks:
            yield self._filtered(video_id, "none", IngestReason.NO_SUBTITLES)
        for language, track in found.tracks:
            yield self._track(video_id, clean_language(language), track)

    def _track(self, video_id: str, language: str, track: Track, media: str | None = None) -> tuple[str, Outcome]:
        """Return the outcome of a track that was read; its media is what it names, or what the sources hold."""
        if not is_english(language):
            return self._filtered(video_id, language, IngestReason.OTHER_LANGUAGE, language)
        if track.automatic:
            return self._filtered(video_id, language, IngestReason.AUTOMATIC)
        if not track.cues and not track.damaged:
            return self._filtered(video_id, language, IngestReason.NO_CUES)
        name = self._track_name(video_id, language)
        if not track.cues:
            return f"{video_id}/{name}", Failed(
                SubtitleReason.DAMAGED, f"none of {track.damaged} cues could be read"
            )
        path = media or self._media.get(video_id)
        about = {"language": language, "media": path, "media_signature": path and media_signature(path)}
        counts = Counter({"cues": len(track.cues) + track.damaged, "kept": 0, "damaged": track.damaged})
        rows = []
        for cue in track.cues:
            fate = _cue_fate(cue, self._keep_all)
            counts[fate] += 1
            if fate == "kept":
                rows.append(_row(video_id, name, cue) | about)
        detail = json.dumps({fate: count for fate, count in sorted(counts.items()) if count or fate == "kept"})
        return f"{video_id}/{name}", Done(rows, detail)

    def _filtered(
        self, video_id: str, language: str, reason: IngestReason, detail: str = ""
    ) -> tuple[str, Outcome]:
        return f"{video_id}/{self._track_name(video_id, language)}", Filtered(reason, detail)

    def _track_name(self, video_id: str, language: str) -> str:
        """Return a name that no other track of the video has: the language and eight digits of a hash."""
        track = f"{video_id}/{language}"
        self._seen[track] += 1
        origin = self._name if self._seen[track] == 1 else f"{self._name}#{self._seen[track]}"
        return f"{language}-{hashlib.sha256(origin.encode()).hexdigest()[:8]}"


def _cue_fate(cue: Cue, keep_all: bool) -> str:
    """Return `kept`, or why a cue is no row."""
    if not cue.text:
        return "empty"
    try:
        clip_id("", cue.start_ms, cue.end_ms)
    except InputError:
        return "bad_time"
    bracketed = any(mark in cue.text for mark in "[({") and any(mark in cue.text for mark in "])}")
    return "kept" if bracketed or keep_all else "no_bracket"


def _row(video_id: str, track: str, cue: Cue) -> dict[str, Any]:
    return {
        "cue_id": cue_id(ClipInterval(video_id, cue.start_ms, cue.end_ms), track, cue.ordinal),
        "video_id": video_id,
        "start_ms": cue.start_ms,
        "end_ms": cue.end_ms,
        "track": track,
        "ordinal": cue.ordinal,
        "text": cue.text,
    }
