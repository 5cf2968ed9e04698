"""A compiled scan of Filmot dumps: which cues could be captions, with no Python object for the others.

The scanner accepts the objects of a dump that are plain: strict JSON, the usual fields, each once, no raw line
break inside a string. It stops at the first object that is not, and the caller parses that one as a whole. Of a
plain object it reports its tracks, how many cues each has, and the cues that a full parse might treat as other
than a readable cue without brackets (candidates). So nothing depends on the scan but speed.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from audsem_data.subtitles import filmot_cue, json_kinds, json_scan, wide_words
from audsem_data.subtitles.filmot_cue import AHEAD, any_cue, is_candidate, usual_cue
from audsem_data.subtitles.json_kinds import ESCAPED, VISIBLE
from audsem_data.subtitles.json_scan import (
    BRACE,
    BRACKET,
    BRACKET_END,
    COMMA,
    QUOTE,
    Bytes,
    Numbers,
    at,
    compiled,
    compiled_once,
    equals,
    member,
    space,
    string,
    value_end,
    version_of,
    word,
)

_VIDEO, _VIDEO_ID, _CAPTIONS, _LANG = word("video"), word("videoid"), word("captions"), word("lang")
_SUBTITLES, _TRANSCRIPT, _TEXT = word("subtitles"), word("transcript"), word("text")


class Scan(NamedTuple):
    """What a scan found; positions are offsets in the buffer.

    Attributes:
        videos: rows of (begin, end of the video id; first track; how many tracks).
        tracks: rows of (begin, end of the language; cues; first candidate; how many candidates).
        candidates: rows of (begin, end of the text; begin, end of the start; begin, end of the duration;
            place in the track; what its bytes are; start and end in ms, or -1 where they are not plain).
        position: where the scan ended: at `end`, or where an object begins that is odd, or goes on.
    """

    videos: Numbers
    tracks: Numbers
    candidates: Numbers
    position: int


Scanner = Callable[[memoryview, int, int, bool], Scan]


def scan(data: bytes | memoryview, begin: int, end: int, last: bool) -> Scan:
    """Scan the objects that begin at [begin, end); one begins at `begin`. `last`: the file ends with the data."""
    buffer = np.frombuffer(data, np.uint8)
    sizes = [len(buffer) // least + 16 for least in (38, 50, 34)]  # bytes of the shortest video, track and cue
    videos, tracks, candidates = (
        np.empty((size, width), np.int64) for size, width in zip(sizes, (4, 5, 10), strict=True)
    )
    found = _scan(buffer, begin, end, last, videos, tracks, candidates)
    return Scan(videos[: found[0]], tracks[: found[1]], candidates[: found[2]], found[3])


@compiled
def _cues(b: Bytes, i: int, out: Numbers, count: int) -> tuple[int, int, int]:
    """Read the list of cues at i; return the place after it, how many there are and where candidates end."""
    cues = 0
    i = space(b, i + 1)
    if 0 <= i < len(b) and at(b, i) == BRACKET_END:
        return i + 1, 0, count
    while 0 <= i < len(b):
        after, maybe = usual_cue(b, i, out, count) if i + AHEAD <= len(b) else (-1, False)
        if after < 0:
            after, maybe = any_cue(b, i, out, count), True
        if maybe and after >= 0 and is_candidate(b, out, count):
            out[count, 6] = cues
            count += 1
        i = space(b, after) if after >= 0 else -1
        if i < 0 or i >= len(b):
            return -1, 0, 0
        cues += 1
        if at(b, i) == BRACKET_END:
            return i + 1, cues, count
        i = space(b, i + 1) if at(b, i) == COMMA else -1
    return -1, 0, 0


@compiled
def _transcript(b: Bytes, i: int, out: Numbers, count: int) -> tuple[int, int, int]:
    """Read the cues of `{"text": [cues]}` at i; return what `_cues` does, the place being after the object."""
    if at(b, i) != BRACE:
        return -1, 0, 0
    i += 1
    cues, found, first = 0, False, True
    while True:
        key, key_end, value = member(b, i, first)
        first = False
        if key <= 0:
            return (value, cues, count) if key == 0 and found else (-1, 0, 0)
        if not equals(b, key, key_end, _TEXT):
            i = value_end(b, value)
        elif found or at(b, value) != BRACKET:
            return -1, 0, 0
        else:
            found = True
            i, cues, count = _cues(b, value, out, count)
        if i < 0:
            return -1, 0, 0


@compiled
def _subtitles(b: Bytes, i: int, out: Numbers, count: int) -> tuple[int, int, int]:
    """Read the cues of `{"transcript": {"text": [cues]}}` at i; return what `_transcript` does."""
    if at(b, i) != BRACE:
        return -1, 0, 0
    i += 1
    cues, found, first = 0, False, True
    while True:
        key, key_end, value = member(b, i, first)
        first = False
        if key <= 0:
            return (value, cues, count) if key == 0 and found else (-1, 0, 0)
        if not equals(b, key, key_end, _TRANSCRIPT):
            i = value_end(b, value)
        elif found:
            return -1, 0, 0
        else:
            found = True
            i, cues, count = _transcript(b, value, out, count)
        if i < 0:
            return -1, 0, 0


@compiled
def _track(b: Bytes, i: int, tracks: Numbers, n: int, out: Numbers, count: int) -> tuple[int, int]:
    """Read the caption track at i; return the place after it and where candidates end; (-1, 0) if not plain."""
    if at(b, i) != BRACE:
        return -1, 0
    i += 1
    tracks[n, 0] = tracks[n, 2] = -1
    tracks[n, 3], first = count, True
    while True:
        key, key_end, value = member(b, i, first)
        first = False
        if key <= 0:
            tracks[n, 4] = count - tracks[n, 3]
            return (value, count) if key == 0 and tracks[n, 0] >= 0 and tracks[n, 2] >= 0 else (-1, 0)
        if equals(b, key, key_end, _LANG):
            if tracks[n, 0] >= 0 or at(b, value) != QUOTE:
                return -1, 0
            end, seen = string(b, value + 1)
            if end < 0 or seen & ESCAPED:
                return -1, 0
            tracks[n, 0], tracks[n, 1] = value + 1, end
            i = end + 1
        elif equals(b, key, key_end, _SUBTITLES):
            if tracks[n, 2] >= 0:
                return -1, 0
            i, tracks[n, 2], count = _subtitles(b, value, out, count)
        else:
            i = value_end(b, value)
        if i < 0:
            return -1, 0


@compiled
def _tracks(b: Bytes, i: int, tracks: Numbers, number: int, out: Numbers, count: int) -> tuple[int, int, int]:
    """Read the list of tracks at i; return the place after it and where tracks and candidates end."""
    i = space(b, i + 1)
    if 0 <= i < len(b) and at(b, i) == BRACKET_END:
        return i + 1, number, count
    while 0 <= i < len(b):
        i, count = _track(b, i, tracks, number, out, count)
        number += 1
        i = space(b, i) if i >= 0 else -1
        if i < 0 or i >= len(b):
            return -1, 0, 0
        if at(b, i) == BRACKET_END:
            return i + 1, number, count
        i = space(b, i + 1) if at(b, i) == COMMA else -1
    return -1, 0, 0


@compiled
def _video_id(b: Bytes, i: int, videos: Numbers, n: int) -> int:
    """Read the video id of the object at i; return the place after the object, -1 if it is not plain."""
    if at(b, i) != BRACE:
        return -1
    i += 1
    videos[n, 0], first = -1, True
    while True:
        key, key_end, value = member(b, i, first)
        first = False
        if key <= 0:
            return value if key == 0 and videos[n, 0] >= 0 else -1
        if equals(b, key, key_end, _VIDEO_ID):
            if videos[n, 0] >= 0 or at(b, value) != QUOTE:
                return -1
            end, seen = string(b, value + 1)
            if end < 0 or seen & ESCAPED or not seen & VISIBLE:
                return -1
            videos[n, 0], videos[n, 1] = value + 1, end
        i = value_end(b, value)
        if i < 0:
            return -1


@compiled
def _object(  # noqa: PLR0913  (three tables and a place in each)
    b: Bytes,
    i: int,
    videos: Numbers,
    n: int,
    tracks: Numbers,
    number: int,
    out: Numbers,
    count: int,
) -> tuple[int, int, int]:
    """Read the object at i; return the place after it and where tracks and candidates end; (-1, 0, 0) if odd."""
    i += 1
    videos[n, 0], videos[n, 2], first = -1, -1, True
    while True:
        key, key_end, value = member(b, i, first)
        first = False
        if key <= 0:
            return (value, number, count) if key == 0 and videos[n, 0] >= 0 and videos[n, 2] >= 0 else (-1, 0, 0)
        if equals(b, key, key_end, _VIDEO):
            i = _video_id(b, value, videos, n) if videos[n, 0] < 0 else -1
        elif equals(b, key, key_end, _CAPTIONS):
            if videos[n, 2] >= 0 or at(b, value) != BRACKET:
                return -1, 0, 0
            videos[n, 2] = number
            i, number, count = _tracks(b, value, tracks, number, out, count)
            videos[n, 3] = number - videos[n, 2]
        else:
            i = value_end(b, value)
        if i < 0:
            return -1, 0, 0


@compiled
def _next_object(b: Bytes, i: int, last: bool) -> int:
    """Return where the next object begins, with nothing but white space before it; -1 where that is not so.

    An object begins on a line whose first character is its brace, before a quote or the end of the line.
    """
    while i < len(b) and (at(b, i) == 32 or at(b, i) == 10 or at(b, i) == 13 or at(b, i) == 9):
        i += 1
    if i == len(b):
        return i if last else -1
    if at(b, i) != BRACE or at(b, i - 1) != 10:
        return -1
    k = i + 1
    while k < len(b) and (at(b, k) == 32 or at(b, k) == 13 or at(b, k) == 9):
        k += 1
    if k == len(b):
        return i if last else -1
    return i if at(b, k) == QUOTE or at(b, k) == 10 else -1


def _scanner(version: int) -> Callable[..., tuple[int, int, int, int, int]]:
    """Return the scanner. Its machine code is kept on disk, for this file and for what the function closes over."""

    @compiled_once
    def scan_objects(  # noqa: PLR0913
        b: Bytes, i: int, end: int, last: bool, videos: Numbers, tracks: Numbers, out: Numbers
    ) -> tuple[int, int, int, int, int]:
        """Read plain objects that begin before `end`; return how many videos, tracks, candidates, and the place."""
        video = number = count = 0
        while i < min(end, len(b)):
            after, more_tracks, more = _object(b, i, videos, video, tracks, number, out, count)
            after = _next_object(b, after, last) if after >= 0 else -1
            if after < 0:
                break
            i, number, count = after, more_tracks, more
            video += 1
        return video, number, count, i, version

    return scan_objects


_scan = _scanner(version_of(filmot_cue, json_kinds, json_scan, wide_words))
