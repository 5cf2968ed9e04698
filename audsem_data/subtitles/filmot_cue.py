"""Compiled code that reads one cue of a Filmot dump, as it nearly always looks or otherwise: is it a candidate?

A row of `out` takes what a scan reports of a candidate (filmot_scan.Scan).
"""

import numpy as np

from audsem_data.subtitles.json_kinds import CLOSE, OPEN, SUSPECT, VISIBLE
from audsem_data.subtitles.json_scan import (
    BACKSLASH,
    BRACE,
    BRACE_END,
    DOT,
    QUOTE,
    Bytes,
    Numbers,
    at,
    compiled,
    digits,
    equals,
    inlined,
    member,
    string,
    value_end,
    word,
)
from audsem_data.subtitles.wide_words import WIDTH, Word, digit_masks, eight, first_bit, masks, sixteen

AHEAD = 256  # bytes that must be held where `usual_cue` begins, and after its text
_MS_END = 10**9  # a key holds nine digits of milliseconds
_MOST_DIGITS = 5  # of seconds: the sum of two such times is below that end
_SHORTEST_SECONDS = 3
_LONGEST_SECONDS = _MOST_DIGITS + 4
# What stands around the values of a cue, as json.dumps writes it with spaces and without.
_BEFORE_TEXT = sixteen('{"t": "'), sixteen('{"t":"')
_BEFORE_START = sixteen('", "-start": "'), sixteen('","-start":"')
_BEFORE_DURATION = sixteen('", "-dur": "'), sixteen('","-dur":"')
_T, _START, _DURATION = word("t"), word("-start"), word("-dur")


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


@inlined
def _after(b: Bytes, i: int, words: tuple[Word, Word]) -> int:
    """Return the place after one of two words that stands at i; -1 if neither does. Sixteen bytes must be held."""
    low, high = eight(b, i), eight(b, i + 8)
    for one in words:
        if low & one[1] == one[0] and high & one[3] == one[2]:
            return i + one[4]
    return -1


@inlined
def _seconds(b: Bytes, i: int) -> tuple[int, bool]:
    """Return the place of the quote after plain decimal seconds at i, or -1; and whether they are more than none.

    Plain are three to five digits, or one to five and at most three after a dot. Sixteen bytes must be held.
    """
    # The length is found by branches, which are foreseen, rather than from a mask, which is waited for.
    length = _SHORTEST_SECONDS
    while length < _LONGEST_SECONDS and at(b, i + length) != QUOTE:
        length += 1
    digits_, nonzero = digit_masks(b, i)
    before = (np.uint64(1) << np.uint64(length)) - np.uint64(1)
    others = ~digits_ & before
    whole = first_bit(others) if others else length
    plain = 0 < whole <= _MOST_DIGITS and at(b, i + length) == QUOTE
    if others:
        after = length - whole - 1
        single = others & (others - np.uint64(1)) == 0
        plain = plain and single and 0 < after <= 3 and at(b, i + whole) == DOT
    return (i + length if plain else -1), nonzero & before != 0


@inlined
def _text(b: Bytes, i: int) -> tuple[int, bool]:
    """Return the place of the quote that ends the text at i, or -1; and whether it may be more than plain words."""
    special_seen = visible_seen = np.uint64(0)
    while i + WIDTH <= len(b):
        stop, special, visible = masks(b, i)
        before = (stop & (np.uint64(0) - stop)) - np.uint64(1)  # all bits where nothing stops
        special_seen |= special & before
        visible_seen |= visible & before
        if not stop:
            i += WIDTH
            continue
        i += first_bit(stop)
        c = at(b, i)
        if c == QUOTE:
            return i, special_seen != 0 or visible_seen == 0
        c = at(b, i + 1) if c == BACKSLASH else 0
        if not (c == 110 or c == QUOTE or c == 47 or c == 98 or c == 102 or c == 114 or c == 116):
            return -1, False
        i += 2
    return -1, False


@inlined
def usual_cue(b: Bytes, i: int, out: Numbers, n: int) -> tuple[int, bool]:
    """Do what `any_cue` does for a cue as dumps nearly always write it: these members, in this order, plain times.

    Returns the place after the cue, -1 for another kind of cue; and whether it may be a candidate. If not, nothing
    is written. `AHEAD` bytes must be held.
    """
    begin = _after(b, i, _BEFORE_TEXT)
    if begin < 0:
        return -1, False
    end, odd = _text(b, begin)
    if end < 0 or end + AHEAD > len(b):
        return -1, False
    start = _after(b, end, _BEFORE_START)
    if start < 0:
        return -1, False
    start_end, _ = _seconds(b, start)
    if start_end < 0:
        return -1, False
    duration = _after(b, start_end, _BEFORE_DURATION)
    if duration < 0:
        return -1, False
    duration_end, lasts = _seconds(b, duration)
    if duration_end < 0 or at(b, duration_end + 1) != BRACE_END:
        return -1, False
    if odd or not lasts:
        out[n, 0], out[n, 1], out[n, 7] = begin, end, string(b, begin)[1]
        out[n, 2], out[n, 3], out[n, 4], out[n, 5] = start, start_end, duration, duration_end
        return duration_end + 2, True
    return duration_end + 2, False


@compiled
def any_cue(b: Bytes, i: int, out: Numbers, n: int) -> int:  # noqa: C901  (a scanner: one loop)
    """Read the cue at i into `out` and return the place after it; -1 if it is not plain."""
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
def is_candidate(b: Bytes, out: Numbers, n: int) -> bool:
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
