"""Brackets in a caption's text: one whole pair, the pairs inside a line of speech, speakers' labels."""

import re

_PAIRS = {"[": "]", "(": ")", "{": "}"}
# `JOHN:`, `Dr. Smith 2:` or `- MARY:` before what is said; and `[JOHN]:`.
_LABEL = re.compile(r"\s*(?:-\s*)?(?:[A-Z][\w.'#-]*(?: [A-Z0-9][\w.'#-]*){0,2}|[\[({][^\[\](){}]*[\])}]) ?:\s*")


def is_bracketed(text: str) -> bool:
    """Say whether a text is one bracketed whole: the pair that opens it closes it, and nothing before its end.

    Brackets inside must match too, so that `[a (b)]` is one caption and `[a] [b]` and `[a (b]` are none.
    """
    return bool(text) and _end(text, 0) == len(text)


def bracketed_parts(text: str) -> list[str]:
    """Return the outermost bracketed parts of a text, with their brackets; one without its pair is passed over."""
    parts, place = [], 0
    while place < len(text):
        end = _end(text, place)
        if end:
            parts.append(text[place:end])
        place = end or place + 1
    return parts


def caption_of(text: str) -> str:
    """Return what a caption's text says inside its brackets; of several, with commas between them."""
    return ", ".join(part[1:-1].strip() for part in bracketed_parts(text))


def strip_label(text: str) -> str:
    """Return a text without the speaker's label that it begins with."""
    return _LABEL.sub("", text, count=1) if _LABEL.match(text) else text


def opens_only(text: str) -> bool:
    """Say whether a text begins with a bracket that it does not close: the next cue may."""
    return bool(text) and text[0] in _PAIRS and not bracketed_parts(text)


def _end(text: str, begin: int) -> int:
    """Return the place after the pair that opens at `begin`; 0 if none does, or if it does not match."""
    closing: list[str] = []
    for place in range(begin, len(text)):
        character = text[place]
        if character in _PAIRS:
            closing.append(_PAIRS[character])
        elif character in _PAIRS.values() and (not closing or closing.pop() != character):
            return 0
        if not closing:
            return place + 1 if place > begin else 0
    return 0
