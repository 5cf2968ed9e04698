"""Fetch sections of one video by yt-dlp and ffmpeg, with every request through the governor.

A section is copied, not encoded anew, with the timestamps of the source: so however early a cut starts (keyframes,
servers without ranges), each sample still says when it is heard. It is copied into NUT, whose clocks are as fine as
the source's: Matroska rounds to milliseconds, and versions of ffmpeg differ in what they do there with the delay of
Opus. Runs in a process of its own: both tools may hang, and ffmpeg speaks through the process's standard error.
"""

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from yt_dlp.postprocessor.ffmpeg import FFmpegPostProcessor
from yt_dlp.utils import YoutubeDLError

from audsem_data.acquisition.governed import GovernedYoutubeDL, host_of, retry_after
from audsem_data.acquisition.options import FetchOptions
from audsem_data.acquisition.reasons import FetchError, FetchReason
from audsem_data.acquisition.sections import Section
from audsem_data.acquisition.taxonomy import classify
from audsem_data.acquisition.tools import find_ffmpeg
from audsem_data.media.probe import ZERO_TAG

_ZERO_BASED = frozenset({"mp4", "m4a", "m4v", "mov", "3gp", "webm", "mkv"})  # as media.probe sees formats
_AHEAD_S = 10  # NUT has no negative times, and what comes before a sound's beginning may have (priming)
_OUTPUT = (
    *("-avoid_negative_ts", "disabled", "-output_ts_offset", str(_AHEAD_S), "-metadata", f"{ZERO_TAG}={_AHEAD_S}"),
    *("-fflags", "+bitexact", "-f", "nut"),
)
_UNINDEXED = frozenset({"ts", "m2ts", "mts", "mpg", "mpeg", "vob"})  # in which no seek finds a keyframe
_TO_A_KEYFRAME_MS = 10_000
_WHOLE = "whole"


@dataclass(frozen=True)
class Request:
    """What is wanted of a video; `whole` asks for the file instead of sections of it.

    `lead_ms` is fetched before each section, for its pictures to begin at a keyframe.
    """

    url: str
    sections: Sequence[Section]
    folder: Path
    options: FetchOptions
    whole: bool = False
    lead_ms: int = 0


@dataclass(frozen=True)
class Facts:
    """What the source states of a video: rights and origin, and its length; no titles and no names."""

    extractor: str
    license: str | None
    channel_id: str | None
    duration_s: float | None
    format_id: str | None


@dataclass
class Fetched:
    """What came: a file or an error for each section, by its place in the request; or one error for all.

    `doubt` says why there may be more formats than were found.
    """

    facts: Facts | None = None
    files: dict[int, Path] = field(default_factory=dict)
    errors: dict[int, FetchError] = field(default_factory=dict)
    error: FetchError | None = None
    doubt: FetchError | None = None


def fetch(request: Request) -> Fetched:
    """Fetch what is asked for.

    Raises:
        GovernorStoppedError: the host goes on refusing.
        StorageError: our disk is full.
    """
    FFmpegPostProcessor._ffmpeg_location.set(find_ffmpeg())  # the parameter is not read for sections
    found = _downloader(request.options).fetch(request)
    for index in range(len(request.sections)):
        made = list(request.folder.glob(f"{_WHOLE if request.whole else index}.mkv"))
        if made and index not in found.errors:
            found.files[index] = made[0] if request.whole else made[0].rename(made[0].with_suffix(".nut"))
    return found


@cache
def _downloader(options: FetchOptions) -> "_Downloader":
    return _Downloader(options)


class _Downloader(GovernedYoutubeDL):
    """Asks for each section when its host may be asked, and goes on after one that fails."""

    def __init__(self, options: FetchOptions) -> None:
        hooks = {"download_ranges": self._ranges, "progress_hooks": [self._watch]}
        super().__init__(_parameters(options.height) | hooks, options)

    def fetch(self, request: Request) -> Fetched:
        """Fetch what is asked for into its folder."""
        self._request, self._found = request, Fetched()
        self._given_up: FetchError | None = None
        self._site = ""
        self.params["paths"] = {"home": str(request.folder)}
        self.params["max_filesize"] = request.options.max_bytes if request.whole else None
        with self:
            try:
                self.extract_info(request.url, download=True)
            except FetchError as error:
                self._found.error = error
                self.worked()
            except YoutubeDLError as error:
                self._found.error = self.failed(error)
            self._found.doubt = self.doubt
        return self._found

    def dl(self, name: str, info: Any, subtitle: bool = False, test: bool = False) -> Any:
        """Fetch a section; its error is noted, and those that follow are tried unless all would fail alike."""
        index = int(info.get("section_number") or 0)
        if self._given_up:
            self._found.errors[index] = self._given_up
            return False, False
        if self._found.facts:
            self._found.facts = replace(self._found.facts, format_id=info.get("format_id"))
        host = host_of(_address(info))
        self.params["external_downloader_args"] = self._ffmpeg_arguments(info)
        self.governor.acquire(host)
        # A whole file is fetched in this process, where the governor may have to say something.
        with nullcontext(str) if self._request.whole else _standard_error() as said:
            try:
                done = super().dl(name, info, subtitle, test)
            except YoutubeDLError as error:
                failure = classify(f"{said()} {error}", retry_after(error))
            else:
                if done[0]:
                    self._arrived(host)
                    return done
                failure = classify(self.said)
        self._found.errors[index] = failure
        if failure.reason not in (FetchReason.NOT_MEDIA, FetchReason.UNKNOWN):
            self._given_up = failure
        if not (self._request.whole and failure.throttles):  # `urlopen` has told that
            self.tell(host, failure)
        return False, False

    def _arrived(self, host: str) -> None:
        """Tell that a host gave what was wanted, and the site whose page led there: a page alone proves nothing."""
        for name in {host, self._site} - {""}:
            self.governor.worked(name)

    def _ranges(self, info: Any, downloader: Any) -> Iterator[dict[str, Any]]:
        """Note what the source states, and yield the sections that lie within the video."""
        self._found.facts, self._site = _facts(info), self.host
        if info.get("live_status") in ("is_live", "is_upcoming", "post_live"):
            raise FetchError(FetchReason.LIVE, f"the video is {info['live_status'].replace('_', ' ')}")
        if self._request.whole:
            yield {}
            return
        formats = info.get("formats") or [info]
        lead_ms = _TO_A_KEYFRAME_MS if any(made.get("ext") in _UNINDEXED for made in formats) else 0
        for index, section in enumerate(self._request.sections):
            duration_s = info.get("duration")
            start_ms = max(section.start_ms - max(lead_ms, self._request.lead_ms), 0)
            if duration_s is None or section.start_ms < duration_s * 1000:
                yield {"start_time": start_ms / 1000, "end_time": section.end_ms / 1000, "index": index}

    def _ffmpeg_arguments(self, info: Any) -> dict[str, list[str]]:
        """Return what ffmpeg is told beside yt-dlp's own arguments: to keep the timeline, to give up in time."""
        chosen = (info.get("requested_formats") or [info])[0]
        is_playlist = str(chosen.get("protocol")).startswith("m3u8")
        zero = [] if chosen.get("ext") in _ZERO_BASED and not is_playlist else ["-start_at_zero"]
        idle = ["-rw_timeout", str(int(self._request.options.idle_s * 1_000_000))]
        if not _address(info).startswith("http"):
            idle = []
        # `standardize` takes one of the sounds of a file; where yt-dlp has chosen formats, it maps them itself.
        is_mapped = info.get("requested_formats") or chosen.get("protocol") == "http_dash_segments"
        every_sound = [] if is_mapped else ["-map", "0:V:0?", "-map", "0:a?"]
        return {
            "ffmpeg_i": ["-copyts", *zero, *idle, "-loglevel", "warning", "-nostats"],
            "ffmpeg_o": [*every_sound, *_OUTPUT, "-fs", str(self._request.options.max_bytes)],
        }

    def _watch(self, progress: dict[str, Any]) -> None:
        most = self._request.options.max_bytes
        if progress.get("downloaded_bytes") and progress["downloaded_bytes"] > most:
            raise FetchError(FetchReason.TOO_LARGE, f"more than {most} bytes")


def _parameters(height: int) -> dict[str, Any]:
    """Return the parameters that say what is fetched, and how it is laid down."""
    return {
        "format": f"bv*[height<=?{height}]+ba/b[height<=?{height}]/bv*+ba/b/ba",
        # The sound as it was made: neither dubbed nor, at the same quality, evened out (DRC).
        "format_sort": ["lang", f"res:{height}", "quality", "abr"],
        "outtmpl": f"%(section_number|{_WHOLE})s.mkv",
        "merge_output_format": "mkv",
        "fixup": "never",  # it would move timestamps
        "noplaylist": True,
        "playlist_items": "1",
    }


def _facts(info: Any) -> Facts:
    return Facts(
        extractor=info.get("extractor_key") or info.get("extractor") or "",
        license=info.get("license"),
        channel_id=info.get("channel_id"),
        duration_s=info.get("duration"),
        format_id=None,
    )


def _address(info: Any) -> str:
    return str((info.get("requested_formats") or [info])[0]["url"])


@contextmanager
def _standard_error() -> Iterator[Callable[[], str]]:
    """Take what is written to the process's standard error, also by its children; gives what reads it."""
    before = os.dup(2)
    with tempfile.TemporaryFile() as taken:
        os.dup2(taken.fileno(), 2)

        def read() -> str:
            taken.seek(0)
            return taken.read(1 << 16).decode(errors="replace")

        try:
            yield read
        finally:
            os.dup2(before, 2)
            os.close(before)
