"""Brackets in a caption's text: one whole pair, several of them, what frames them, speakers' labels."""

import re
from typing import Literal, NamedTuple

_SPACE = re.compile(r"\s+")
_PAIRS = {"[": "]", "(": ")", "{": "}"}
# `JOHN:`, `Dr. Smith 2:` or `- MARY:` before what is said; and `[JOHN]:`.
_LABEL = re.compile(r"\s*(?:-\s*)?(?:[A-Z][\w.'#-]*(?: [A-Z0-9][\w.'#-]*){0,2}|[\[({][^\[\](){}]*[\])}]) ?:\s*")
# What only frames a bracket in a cleaned text: dashes and bullets, `>>`, guillemets (made quotes); what closes it.
_FRAME = re.compile(r'[\s>*"-]+')
_CLOSING = re.compile(r'[\s.!,;"-]+')
_CAPITALS = re.compile(r"[A-Z][A-Z0-9.'#-]*(?: [A-Z0-9][A-Z0-9.'#-]*){0,2} ?:\s*")
_BRACKETED_CAPITALS = re.compile(r"[\[({][A-Z][A-Z0-9 .'#-]*[\])}] ?:\s*")

Labels = Literal["none", "capitals", "all"]


class Groups(NamedTuple):
    """The bracketed parts that a text consists of, and what was taken off around them."""

    parts: tuple[str, ...]
    framed: bool
    labelled: bool


def bracket_groups(text: str, framing: bool = True, labels: Labels = "capitals") -> Groups | None:
    """Return the parts of a cleaned text that is nothing but bracketed parts; None where anything else is in it.

    Between and around them white space may stand; with `framing` what only frames a bracket too; before each of
    them a speaker's label, in capitals or, with `all`, as a name is written.
    """
    parts: list[str] = []
    framed = labelled = False
    place = 0
    while place < len(text):
        after = _passed(_FRAME if framing else _SPACE, text, place)
        framed |= bool(text[place:after].strip())
        place = _label_end(text, after, labels)
        labelled |= place > after
        end = _end(text, place)
        if not end:
            if place == after == len(text) and parts:
                break
            return None
        parts.append(text[place:end])
        place = _passed(_CLOSING if framing else _SPACE, text, end)
        framed |= bool(text[end:place].strip())
    return Groups(tuple(parts), framed, labelled) if parts else None


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


def _passed(pattern: re.Pattern[str], text: str, place: int) -> int:
    match = pattern.match(text, place)
    return match.end() if match else place


def _label_end(text: str, place: int, labels: Labels) -> int:
    """Return the place after a speaker's label that a bracket follows; `place` where there is none."""
    kinds = {"none": (), "capitals": (_BRACKETED_CAPITALS, _CAPITALS), "all": (_LABEL,)}[labels]
    for kind in kinds:
        match = kind.match(text, place)
        if match and text[match.end() : match.end() + 1] in _PAIRS:
            return match.end()
    return place


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
