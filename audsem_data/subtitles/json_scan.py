"""Strict JSON, scanned by compiled code over a buffer of bytes: where a value or member ends, what a string holds.

A place is an offset in the buffer; -1 says that there is no such thing there, or that the buffer ends in it.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import numpy as np
from numba import njit

from audsem_data.subtitles.json_kinds import CLOSE, ESCAPED, OPEN, STOP, SUSPECT, VISIBLE, WIDE

Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Numbers = np.ndarray[Any, np.dtype[np.int64]]
Function = TypeVar("Function", bound=Callable[..., Any])

QUOTE, BACKSLASH, COMMA, COLON, DOT, BRACE, BRACE_END, BRACKET, BRACKET_END = b'"\\,:.{}[]'
_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}
_DEEP = 1 << 32  # thirty-two open brackets


def _kinds() -> Numbers:
    kinds = np.zeros(256, np.int64)
    kinds[:0x20] = STOP
    kinds[0x21:0x7F] = VISIBLE
    kinds[0x80:] = WIDE
    kinds[[ord(c) for c in '"\\']] = STOP
    kinds[[ord(c) for c in "[({"]] |= OPEN
    kinds[[ord(c) for c in "])}"]] |= CLOSE
    kinds[[ord(c) for c in "<&"]] = SUSPECT
    return kinds


def word(text: str) -> Bytes:
    """Return a word as compiled code compares it."""
    return np.frombuffer(text.encode(), np.uint8)


_KINDS = _kinds()
_TRUE, _FALSE, _NULL = word("true"), word("false"), word("null")


def compiled(function: Function) -> Function:
    """Compile a function over arrays and integers, as a part of those that call it."""
    return njit(**_OPTIONS)(function)  # type: ignore[no-any-return]


def inlined(function: Function) -> Function:
    """Compile a function into each place that calls it: for what is called for every cue."""
    return njit(forceinline=True, **_OPTIONS)(function)  # type: ignore[no-any-return]


def compiled_once(function: Function) -> Function:
    """Compile a function that Python calls; its machine code is kept on disk, with that of all it calls.

    Numba sees that its file has changed, and what it closes over, but not that another file has: close over
    `version_of` those.
    """
    return njit(cache=True, **_OPTIONS)(function)  # type: ignore[no-any-return]


def version_of(*modules: ModuleType) -> int:
    """Return a number that changes with the source of these modules."""
    sources = [Path(str(module.__file__)).read_bytes() for module in modules]
    return int.from_bytes(hashlib.sha256(b"".join(sources)).digest()[:6], "little")


@inlined
def at(b: Bytes, i: int) -> int:
    """Return a byte; an unsigned index spares the compiled code the question whether it counts from the end."""
    return b[np.uint64(i)]  # type: ignore[no-any-return]


@inlined
def space(b: Bytes, i: int) -> int:
    """Return the first place that is not white space; -1 where a line begins with a brace: an object may."""
    while i < len(b) and (at(b, i) == 32 or at(b, i) == 10 or at(b, i) == 13 or at(b, i) == 9):
        i += 1
    return -1 if i < len(b) and i > 0 and at(b, i) == BRACE and at(b, i - 1) == 10 else i


@compiled
def string(b: Bytes, i: int) -> tuple[int, int]:  # noqa: C901  (a scanner: one loop)
    """Return the place of the quote that ends the string whose first byte is at i, and what its bytes are."""
    seen = 0
    while i < len(b):
        kind = _KINDS[at(b, i)]
        if not kind & STOP:
            seen |= kind
            i += 1
        elif at(b, i) == QUOTE:
            return i, seen
        elif at(b, i) == BACKSLASH and i + 5 < len(b):
            i += 1
            c = at(b, i)
            seen |= ESCAPED
            if c == 117:
                seen |= SUSPECT
                for k in range(i + 1, i + 5):
                    d = at(b, k)
                    if not (48 <= d <= 57 or 65 <= d <= 70 or 97 <= d <= 102):
                        return -1, 0
                i += 5
            elif c == BACKSLASH:
                seen |= SUSPECT
                i += 1
            elif c == QUOTE or c == 47:
                seen |= VISIBLE
                i += 1
            elif c == 98 or c == 102 or c == 110 or c == 114 or c == 116:
                i += 1
            else:
                return -1, 0
        else:
            return -1, 0
    return -1, 0


@compiled
def digits(b: Bytes, i: int) -> int:
    """Return the first place from i on that is no digit."""
    while i < len(b) and 48 <= at(b, i) <= 57:
        i += 1
    return i


@compiled
def _scalar(b: Bytes, i: int) -> int:  # noqa: C901  (a scanner: one loop)
    """Return the place after a string, number or literal of strict JSON; -1 for anything else."""
    c = at(b, i)
    if c == QUOTE:
        end = string(b, i + 1)[0]
        return end + 1 if end >= 0 else -1
    for word in (_TRUE, _FALSE, _NULL):
        if c == word[0]:
            for k in range(len(word)):
                if i + k >= len(b) or at(b, i + k) != word[k]:
                    return -1
            return i + len(word)
    first = i + 1 if c == 45 else i
    end = digits(b, first)
    if end == first or (at(b, first) == 48 and end > first + 1):
        return -1
    if end < len(b) and at(b, end) == 46:
        first, end = end + 1, digits(b, end + 1)
        if end == first:
            return -1
    if end < len(b) and (at(b, end) == 101 or at(b, end) == 69):
        first = end + 2 if end + 1 < len(b) and (at(b, end + 1) == 43 or at(b, end + 1) == 45) else end + 1
        end = digits(b, first)
        if end == first:
            return -1
    return end


@compiled
def value_end(b: Bytes, i: int) -> int:  # noqa: C901  (a scanner: one loop)
    """Return the place after any value that begins at i; -1 if it is not strict JSON, or deeply nested."""
    inside = 1  # a bit for each open bracket, 1 for a brace, below a leading 1
    while True:
        # A value begins at i.
        if i < 0 or i >= len(b):
            return -1
        if at(b, i) == BRACE or at(b, i) == BRACKET:
            if inside >= _DEEP:
                return -1
            inside = inside * 2 + (at(b, i) == BRACE)
            i = space(b, i + 1)
            if i < 0 or i >= len(b):
                return -1
            if at(b, i) != (BRACE_END if inside & 1 else BRACKET_END):
                if inside & 1:
                    i = _key_end(b, i)
                continue
            i += 1
            inside //= 2
        else:
            i = _scalar(b, i)
        # A value has ended before i: close what it ends, or go on to the next.
        while inside > 1:
            i = space(b, i) if i >= 0 else -1
            if i < 0 or i >= len(b):
                return -1
            if at(b, i) == (BRACE_END if inside & 1 else BRACKET_END):
                i += 1
                inside //= 2
            elif at(b, i) == COMMA:
                i = space(b, i + 1)
                if i >= 0 and inside & 1:
                    i = _key_end(b, i)
                break
            else:
                return -1
        if inside == 1:
            return i


@compiled
def _key_end(b: Bytes, i: int) -> int:
    """Return where the value of the member begins whose key begins at i; -1 where there is none."""
    if i >= len(b) or at(b, i) != QUOTE:
        return -1
    end = string(b, i + 1)[0]
    i = space(b, end + 1) if end >= 0 else -1
    if i < 0 or i >= len(b) or at(b, i) != COLON:
        return -1
    return space(b, i + 1)


@compiled
def member(b: Bytes, i: int, first: bool) -> tuple[int, int, int]:
    """Return the begin and end of the next key of an object and the place of its value.

    (0, 0, place after the object) where the object ends; (-1, 0, 0) for bad syntax or a key with an escape.
    """
    i = space(b, i)
    if i < 0 or i >= len(b):
        return -1, 0, 0
    if at(b, i) == BRACE_END:
        return 0, 0, i + 1
    if not first:
        i = space(b, i + 1) if at(b, i) == COMMA else -1
        if i < 0:
            return -1, 0, 0
    if i >= len(b) or at(b, i) != QUOTE:
        return -1, 0, 0
    end, seen = string(b, i + 1)
    value = space(b, end + 1) if end >= 0 and not seen & ESCAPED else -1
    if value < 0 or value >= len(b) or at(b, value) != COLON:
        return -1, 0, 0
    value = space(b, value + 1)
    return (i + 1, end, value) if 0 <= value < len(b) else (-1, 0, 0)


@compiled
def equals(b: Bytes, begin: int, end: int, word: Bytes) -> bool:
    """Say whether these bytes are a word."""
    if end - begin != len(word):
        return False
    for k in range(len(word)):  # noqa: SIM110  (a generator does not compile)
        if at(b, begin + k) != word[k]:
            return False
    return True
