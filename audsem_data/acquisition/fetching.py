"""Fetch the clips of one video: ask again where that can help, look at what came, and say why what failed did."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from audsem_data.acquisition.governor import THROTTLED_TRIES
from audsem_data.acquisition.measure import Measured, measure
from audsem_data.acquisition.reasons import FetchError, FetchReason
from audsem_data.acquisition.sections import Section
from audsem_data.acquisition.ytdlp import Facts, Fetched, Request, fetch

TRIES = 3
_LEAD_MS = 30_000  # longer than the keyframes of most videos are apart
_ROUNDING_MS = 1000  # sites state lengths in whole seconds, and sound may end a little before the pictures
_NOTHING_CAME = FetchError(FetchReason.UNKNOWN, "yt-dlp made no file")
_OF_NO_USE = frozenset({FetchReason.NOT_MEDIA, FetchReason.TRUNCATED, FetchReason.UNKNOWN})


@dataclass(frozen=True)
class Held:
    """A fetched file that holds a clip, its bytes, and what was measured of it."""

    path: Path
    size: int
    measured: Measured


@dataclass
class Clips:
    """What became of the clips of a video, by key: each is in `held` or in `failed`."""

    facts: Facts | None = None
    held: dict[str, Held] = field(default_factory=dict)
    failed: dict[str, FetchError] = field(default_factory=dict)

    def waiting(self, sections: Sequence[Section], chosen: Callable[[FetchError], bool]) -> list[Section]:
        """Return the sections of which a clip has failed with one of these errors."""
        failed = {key for key, error in self.failed.items() if chosen(error)}
        return [section for section in sections if failed & {clip.key for clip in section.clips}]

    def pictures_ms(self, key: str) -> float:
        """Return where the pictures of the file begin that holds a clip; 0 where there are none to be had."""
        held = self.held.get(key)
        return held.measured.pictures_ms or 0.0 if held else 0.0


def fetch_clips(request: Request) -> Clips:
    """Fetch the sections of a request into folders below its own, and measure them.

    Sections that a failing network or server cost are asked for again, up to three times. Those that a host refused
    because it is asked too often are asked for a last time after the governor's pause. Where the cut that came is
    of no use (from servers that cannot serve ranges), the whole file is fetched, once, within `max_bytes`.
    A section whose pictures begin after one of its clips, for want of a keyframe, is fetched once from earlier.
    """
    clips = Clips()
    sections: Sequence[Section] = request.sections
    for number in range(THROTTLED_TRIES):
        _take(_in_folder(request, sections, str(number)), clips)
        sections = clips.waiting(request.sections, _passing if number + 1 < TRIES else _throttles)
        if not sections:
            break
    of_no_use = clips.waiting(request.sections, lambda error: error.reason in _OF_NO_USE)
    if clips.facts and of_no_use:
        _take(replace(_in_folder(request, of_no_use, "whole"), whole=True), clips)
    _take_earlier(request, clips)
    return clips


def _take_earlier(request: Request, clips: Clips) -> None:
    """Fetch anew the sections whose pictures begin too late; sound that is there stays, whatever comes of it."""
    late = [
        section
        for section in request.sections
        if section.start_ms and any(clips.pictures_ms(clip.key) > clip.start_ms for clip in section.clips)
    ]
    if not late:
        return
    again = Clips(clips.facts)
    _take(replace(_in_folder(request, late, "earlier"), lead_ms=_LEAD_MS), again)
    clips.held |= {key: held for key, held in again.held.items() if again.pictures_ms(key) < clips.pictures_ms(key)}


def _throttles(error: FetchError) -> bool:
    return error.throttles


def _passing(error: FetchError) -> bool:
    return error.throttles or error.reason in (FetchReason.SERVER_ERROR, FetchReason.NETWORK)


def _in_folder(request: Request, sections: Sequence[Section], name: str) -> Request:
    folder = request.folder / name
    folder.mkdir()
    return replace(request, sections=sections, folder=folder)


def _take(request: Request, clips: Clips) -> None:
    """Fetch once, and note what became of each clip."""
    found = fetch(request)
    clips.facts = found.facts or clips.facts
    sections: Mapping[int, Section] = dict(enumerate(request.sections))
    if request.whole and found.files:
        everything = tuple(clip for section in request.sections for clip in section.clips)
        sections = {0: Section(0, request.sections[-1].end_ms, everything)}
    for index, section in sections.items():
        error = _look(found, index, section, request, clips)
        if error is not None:
            clips.failed |= {clip.key: error for clip in section.clips}


def _look(found: Fetched, index: int, section: Section, request: Request, clips: Clips) -> FetchError | None:
    """Measure what came of a section and note its clips; returns why there is nothing to measure."""
    path = found.files.get(index)
    if path is None:
        error = found.error or found.errors.get(0 if request.whole else index)
        return error or _past_end(section.start_ms, found.facts) or _NOTHING_CAME
    try:
        measured = measure(path, section.clips, request.whole)
    except FetchError as error:
        return found.doubt or error if error.reason is FetchReason.NO_AUDIO else error
    for clip in section.clips:
        if clip.key in measured.failed:
            clips.failed[clip.key] = _past_end(clip.end_ms, found.facts, -_ROUNDING_MS) or measured.failed[clip.key]
        else:
            clips.failed.pop(clip.key, None)
            clips.held[clip.key] = Held(path, path.stat().st_size, measured)
    return None


def _past_end(time_ms: int, facts: Facts | None, slack_ms: int = _ROUNDING_MS) -> FetchError | None:
    """Return that a time lies after the end which the source states, by more than `slack_ms`."""
    if facts is None or facts.duration_s is None or time_ms <= facts.duration_s * 1000 + slack_ms:
        return None
    return FetchError(FetchReason.PAST_END, f"the source states a length of {facts.duration_s:g} s")
