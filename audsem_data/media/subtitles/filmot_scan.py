"""A compiled scan of Filmot dumps: which cues could be captions, with no Python object for the others.

The scanner accepts the objects of a dump that are plain: strict JSON, the usual fields, each once, no raw line
break inside a string. It stops at the first object that is not, and the caller parses that one as a whole. Of a
plain object it reports its tracks, how many cues each has, and the cues that a full parse might treat as other
than a readable cue without brackets (candidates). So nothing depends on the scan but speed.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from audsem_data.media.subtitles.json_kinds import CLOSE, ESCAPED, OPEN, SUSPECT, VISIBLE
from audsem_data.media.subtitles.json_scan import (
    BRACE,
    BRACE_END,
    BRACKET,
    BRACKET_END,
    COMMA,
    QUOTE,
    Bytes,
    Numbers,
    at,
    compiled,
    compiled_once,
    digits,
    equals,
    member,
    space,
    string,
    value_end,
    word,
)

_MS_END = 10**9  # a key holds nine digits of milliseconds
_VIDEO, _VIDEO_ID, _CAPTIONS, _LANG = word("video"), word("videoid"), word("captions"), word("lang")
_SUBTITLES, _TRANSCRIPT, _TEXT = word("subtitles"), word("transcript"), word("text")
_CUE_TEXT, _CUE_START, _CUE_DURATION = word('{"t":'), word('"-start":'), word('"-dur":')
_T, _START, _DURATION = word("t"), word("-start"), word("-dur")


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


Scanner = Callable[[bytes, int, int, bool], Scan]


def scan(data: bytes, begin: int, end: int, last: bool) -> Scan:
    """Scan the objects that begin at [begin, end); one begins at `begin`. `last`: the file ends with the data."""
    buffer = np.frombuffer(data, np.uint8)
    sizes = [len(buffer) // least + 16 for least in (38, 50, 34)]  # bytes of the shortest video, track and cue
    videos, tracks, candidates = (
        np.empty((size, width), np.int64) for size, width in zip(sizes, (4, 5, 10), strict=True)
    )
    found = _scan(buffer, begin, end, last, videos, tracks, candidates)
    return Scan(videos[: found[0]], tracks[: found[1]], candidates[: found[2]], found[3])


@compiled
def _ms(b: Bytes, begin: int, end: int) -> int:
    """Return plain decimal seconds (at most six digits, at most three after the dot) in ms; -1 for others."""
    whole = digits(b, begin)
    if whole == begin or whole - begin > 6 or whole > end:
        return -1
    ms = 0
    for k in range(begin, whole):
        ms = ms * 10 + int(at(b, k)) - 48
    if whole == end:
        return ms * 1000
    if at(b, whole) != 46 or end == whole + 1 or end - whole > 4 or digits(b, whole + 1) != end:
        return -1
    for k in range(whole + 1, whole + 4):
        ms = ms * 10 + (int(at(b, k)) - 48 if k < end else 0)
    return ms


@compiled
def _after(b: Bytes, i: int, word: Bytes) -> int:
    """Return the place of the first byte of a string that follows this word and a colon; -1 if none does."""
    if i < 0 or i + len(word) + 2 >= len(b):
        return -1
    for k in range(len(word)):
        if at(b, i + k) != word[k]:
            return -1
    i += len(word)
    if at(b, i) == 32:
        i += 1
    return i + 1 if at(b, i) == QUOTE else -1


@compiled
def _usual_cue(b: Bytes, i: int, out: Numbers, n: int) -> int:
    """Do what `_cue` does for a cue as dumps nearly always write it: these three members, in this order."""
    begin = _after(b, i, _CUE_TEXT)
    if begin < 0:
        return -1
    end, seen = string(b, begin)
    out[n, 0], out[n, 1], out[n, 7] = begin, end, seen
    if end < 0 or end + 2 >= len(b) or at(b, end + 1) != COMMA:
        return -1
    begin = _after(b, end + 3 if at(b, end + 2) == 32 else end + 2, _CUE_START)
    end = string(b, begin)[0] if begin >= 0 else -1
    out[n, 2], out[n, 3] = begin, end
    if end < 0 or end + 2 >= len(b) or at(b, end + 1) != COMMA:
        return -1
    begin = _after(b, end + 3 if at(b, end + 2) == 32 else end + 2, _CUE_DURATION)
    end = string(b, begin)[0] if begin >= 0 else -1
    out[n, 4], out[n, 5] = begin, end
    return end + 2 if end >= 0 and end + 1 < len(b) and at(b, end + 1) == BRACE_END else -1


@compiled
def _cue(b: Bytes, i: int, out: Numbers, n: int) -> int:  # noqa: C901  (a scanner: one loop)
    """Read the cue at i into `out` and return the place after it; -1 if it is not plain."""
    usual = _usual_cue(b, i, out, n)
    if usual >= 0:
        return usual
    if at(b, i) != BRACE:
        return -1
    i += 1
    out[n, 0] = out[n, 2] = out[n, 4] = -1
    first = True
    while True:
        key, key_end, value = member(b, i, first)
        first = False
        if key == 0:
            return value if out[n, 0] >= 0 and out[n, 2] >= 0 and out[n, 4] >= 0 else -1
        if key < 0:
            return -1
        place = -1
        if equals(b, key, key_end, _T):
            place = 0
        elif equals(b, key, key_end, _START):
            place = 2
        elif equals(b, key, key_end, _DURATION):
            place = 4
        if place < 0:
            i = value_end(b, value)
            if i < 0:
                return -1
            continue
        if out[n, place] >= 0 or at(b, value) != QUOTE:
            return -1
        end, seen = string(b, value + 1)
        if end < 0:
            return -1
        out[n, place], out[n, place + 1] = value + 1, end
        if place == 0:
            out[n, 7] = seen
        i = end + 1


@compiled
def _is_candidate(b: Bytes, out: Numbers, n: int) -> bool:
    """Say whether a full parse might not find a cue without brackets; fills in its times, trims its text."""
    while out[n, 0] < out[n, 1] and at(b, out[n, 0]) == 32:
        out[n, 0] += 1
    while out[n, 0] < out[n, 1] and at(b, out[n, 1] - 1) == 32:
        out[n, 1] -= 1
    begin, length = _ms(b, out[n, 2], out[n, 3]), _ms(b, out[n, 4], out[n, 5])
    plain = begin >= 0 and length > 0 and begin + length < _MS_END
    out[n, 8], out[n, 9] = (begin, begin + length) if plain else (-1, -1)
    seen = out[n, 7]
    return not plain or seen & SUSPECT != 0 or not seen & VISIBLE or (seen & OPEN != 0 and seen & CLOSE != 0)


@compiled
def _cues(b: Bytes, i: int, out: Numbers, count: int) -> tuple[int, int, int]:
    """Read the list of cues at i; return the place after it, how many there are and where candidates end."""
    cues = 0
    i = space(b, i + 1)
    if 0 <= i < len(b) and at(b, i) == BRACKET_END:
        return i + 1, 0, count
    while 0 <= i < len(b):
        i = _cue(b, i, out, count)
        i = space(b, i) if i >= 0 else -1
        if i < 0 or i >= len(b):
            return -1, 0, 0
        if _is_candidate(b, out, count):
            out[count, 6] = cues
            count += 1
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


@compiled_once
def _scan(  # noqa: PLR0913
    b: Bytes, i: int, end: int, last: bool, videos: Numbers, tracks: Numbers, out: Numbers
) -> tuple[int, int, int, int]:
    """Read plain objects that begin before `end`; return how many videos, tracks and candidates, and the place."""
    video = number = count = 0
    while i < min(end, len(b)):
        after, more_tracks, more = _object(b, i, videos, video, tracks, number, out, count)
        after = _next_object(b, after, last) if after >= 0 else -1
        if after < 0:
            break
        i, number, count = after, more_tracks, more
        video += 1
    return video, number, count, i
