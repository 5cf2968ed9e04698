"""A unit's tracks as outcomes: which cues become rows, and why a track or a cue does not."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from audsem_data.core.errors import InputError
from audsem_data.core.keys import clip_id, escape_video_id
from audsem_data.core.layout import Unit
from audsem_data.core.outcome import Done, Failed, Filtered, Outcome
from audsem_data.media.names import is_address
from audsem_data.media.signature import media_signature
from audsem_data.stages.ingest.files import Kind
from audsem_data.stages.ingest.info import read_info
from audsem_data.stages.ingest.names import clean_language, is_english, language_of
from audsem_data.stages.ingest.reasons import IngestReason
from audsem_data.stages.ingest.rows import CueRows, RowTrack
from audsem_data.stages.ingest.scanned import ScannedBlock
from audsem_data.stages.ingest.tables import TableDamage, read_table_tracks
from audsem_data.subtitles.cue import Cue, Track
from audsem_data.subtitles.embedded import read_embedded
from audsem_data.subtitles.filmot import DumpDamage, DumpVideo, Scanned, compiled_scan, read_filmot
from audsem_data.subtitles.reader import read_subtitles
from audsem_data.subtitles.reasons import SubtitleError, SubtitleReason
from audsem_data.subtitles.rolling import is_rolling, repeated_lines

Fates = Iterator[tuple[str, Outcome]]


class UnitReader:
    """Reads one unit; its cues gather in `rows`. Tracks are named after it, repeated ones of a video numbered."""

    def __init__(self, unit: Unit, keep_all: bool) -> None:
        self._payload: Mapping[str, Any] = unit.payload
        self._name, self._keep_all = unit.name, keep_all
        self._path = Path(unit.payload["path"])
        self._media: Mapping[str, str] = unit.payload.get("media", {})
        self._seen: dict[str, int] = {}
        self.rows = CueRows()
        self._whole_file = f"{escape_video_id(unit.name)}/all"

    def fates(self) -> Fates:
        """Yield (track key, outcome) of every track; a file that cannot be read is one Failed."""
        try:
            yield from self._fates()
        except OSError as error:
            detail = f"{type(error).__name__}: {error.strerror}"
            yield self._whole_file, Failed(SubtitleReason.UNREADABLE, detail)
        except SubtitleError as error:
            yield self._whole_file, error.outcome()

    def _fates(self) -> Fates:
        match Kind(self._payload["kind"]):
            case Kind.SUBTITLES:
                yield self._subtitle_file()
            case Kind.DUMP:
                begin, end = self._payload["begin"], self._payload["end"]
                for found in read_filmot(self._path, begin, end, None if self._keep_all else compiled_scan()):
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
        if self._payload.get("ambiguous"):
            rivals = ", ".join(self._payload["ambiguous"])
            return f"{video_id}/{self._track_name(video_id, language)}", Failed(
                IngestReason.AMBIGUOUS_MEDIA, rivals
            )
        try:
            info = read_info(Path(self._payload["info"])) if self._payload.get("info") else None
            track = read_subtitles(self._path, self._payload["suffix"])
        except SubtitleError as error:
            return f"{video_id}/{self._track_name(video_id, language)}", error.outcome()
        if info is None:
            return self._track(video_id, language, track)
        media = self._media.get(video_id, info.address)
        if info.is_automatic(language):
            track = replace(track, automatic=True)
        return self._track(escape_video_id(info.video_id), language, track, media)

    def _embedded(self) -> Fates:
        video_id = self._payload["video_id"]
        tracks = read_embedded(self._path)
        if not tracks:
            yield self._filtered(video_id, "none", IngestReason.NO_SUBTITLES)
        for language, track in tracks:
            yield self._track(video_id, language_of(language), track)

    def _dumped(self, found: DumpVideo | DumpDamage | Scanned) -> Fates:
        if isinstance(found, Scanned):
            yield from self._scanned(ScannedBlock(found))
            return
        if isinstance(found, DumpDamage):
            detail = f"at byte {found.offset}: {found.detail}"
            yield f"{self._whole_file}-{found.offset:015d}", Failed(SubtitleReason.DAMAGED, detail)
            return
        video_id = escape_video_id(found.video_id)
        if not found.tracks:
            yield self._filtered(video_id, "none", IngestReason.NO_SUBTITLES)
        for language, track in found.tracks:
            yield self._track(video_id, clean_language(language), track)

    def _scanned(self, block: ScannedBlock) -> Fates:
        for name, tracks in block.videos():
            video_id = escape_video_id(name)
            if not tracks:
                yield self._filtered(video_id, "none", IngestReason.NO_SUBTITLES)
            for track in tracks:
                language = block.language(track)
                if reason := _left_out(language, block.cues(track)):
                    yield self._filtered(video_id, language, *reason)
                    continue
                cues, damaged = block.read_unsure(track)
                read = _Read(video_id, language, cues, damaged, block.cues(track) - damaged, block.sure[track])
                key, outcome, block.number[track] = self._done(read)
                yield key, outcome
        self.rows.add_columns(block.sure_columns())

    def _track(self, video_id: str, language: str, track: Track, media: str | None = None) -> tuple[str, Outcome]:
        """Return the outcome of a track; its media is a file that it names, one of the sources', or an address."""
        if reason := _left_out(language, len(track.cues) + track.damaged, track.automatic, track.cues):
            return self._filtered(video_id, language, *reason)
        return self._done(_Read(video_id, language, track.cues, track.damaged, len(track.cues)), media)[:2]

    def _done(self, read: "_Read", media: str | None = None) -> tuple[str, Outcome, int]:
        """Keep the cues that are to be rows; return key, outcome, which counts all cues, and the track's number."""
        name = self._track_name(read.video_id, read.language)
        key = f"{read.video_id}/{name}"
        if not read.readable:
            return key, Failed(SubtitleReason.DAMAGED, f"none of {read.damaged} cues could be read"), -1
        without = read.readable - len(read.cues) - read.sure
        counts = {  # in the order in which they are shown
            "bad_time": 0,
            "cues": read.readable + read.damaged,
            "damaged": read.damaged,
            "empty": 0,
            "kept": read.sure,
            "no_bracket": without,
        }
        kept = []
        for cue in read.cues:
            fate = _cue_fate(cue, self._keep_all)
            counts[fate] += 1
            if fate == "kept":
                kept.append(cue)
        shown = [f'"{fate}": {count}' for fate, count in counts.items() if count or fate == "kept"]
        number = -1
        if counts["kept"]:
            path = self._media.get(read.video_id, media) if media is None or is_address(media) else media
            signature = media_signature(path) if path else None
            number = self.rows.add_track(RowTrack(read.video_id, name, read.language, path, signature))
            if kept:
                self.rows.add(number, kept)
        return key, Done((), f"{{{', '.join(shown)}}}"), number

    def _filtered(
        self, video_id: str, language: str, reason: IngestReason, detail: str = ""
    ) -> tuple[str, Outcome]:
        return f"{video_id}/{self._track_name(video_id, language)}", _filtered(reason, detail)

    def _track_name(self, video_id: str, language: str) -> str:
        """Return a name that no other track of the video has: the language and eight digits of a hash."""
        track = f"{video_id}/{language}"
        times = self._seen[track] = self._seen.get(track, 0) + 1
        return f"{language}-{_digits(self._name if times == 1 else f'{self._name}#{times}')}"


_filtered = lru_cache(256)(Filtered)  # dumps have millions that are alike


@lru_cache(64)
def _digits(origin: str) -> str:
    return hashlib.sha256(origin.encode()).hexdigest()[:8]


class _Read(NamedTuple):
    """A track: the cues to judge, how many are damaged, how many readable in all, how many sure to be kept.

    A readable cue that is neither to be judged nor sure to be kept has no brackets.
    """

    video_id: str
    language: str
    cues: Sequence[Cue]
    damaged: int
    readable: int
    sure: int = 0


def _left_out(
    language: str, cues: int, automatic: bool = False, tracked: Sequence[Cue] = ()
) -> tuple[IngestReason, str] | None:
    """Return why a track is not taken, and the detail; `tracked` are its cues where all of them were read."""
    if not is_english(language):
        return IngestReason.OTHER_LANGUAGE, language
    if automatic:
        return IngestReason.AUTOMATIC, ""
    if tracked and is_rolling(tracked):
        return IngestReason.AUTOMATIC, f"{repeated_lines(tracked)} of {cues} cues repeat the line before"
    return None if cues else (IngestReason.NO_CUES, "")


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
