"""Timed Text Markup Language (TTML, DFXP, and the profiles of television and film) as cues.

A paragraph with times is a cue; where a paragraph has none, its spans are. Times of what stands around a paragraph
shift it. Source: W3C TTML1, section 10 (timing); frames and ticks by the document's own rates.
"""

import re
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from io import BytesIO
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from audsem_data.subtitles.cue import TimedText, Track, numbered
from audsem_data.subtitles.markup import strip_markup
from audsem_data.subtitles.reasons import SubtitleError, SubtitleReason

_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_CLOCK = re.compile(r"(\d+):(\d\d):(\d\d)(?:\.(\d+)|:(\d+(?:\.\d+)?))?")
_OFFSET = re.compile(r"(\d+(?:\.\d+)?)(h|m|s|ms|f|t)")
_UNITS = {"h": Fraction(3600), "m": Fraction(60), "s": Fraction(1), "ms": Fraction(1, 1000)}
_LARGEST_S = 10**9
_SPACES = re.compile(r"[ \t\n]+")


class _Clock:
    """Reads times by the rates that the root declares."""

    def __init__(self, root: Element) -> None:
        found = {name.rpartition("}")[2]: value for name, value in root.attrib.items()}
        self.frames = Fraction(_number(found.get("frameRate", "30")))
        over, _, under = found.get("frameRateMultiplier", "1 1").replace(":", " ").partition(" ")
        self.frames *= Fraction(_number(over)) / Fraction(_number(under or "1"))
        self.ticks = Fraction(_number(found["tickRate"])) if "tickRate" in found else self.frames

    def seconds(self, text: str) -> Fraction:
        """Return a time expression in seconds; raises ValueError."""
        text = text.strip()
        if clock := _CLOCK.fullmatch(text):
            hours, minutes, whole, fraction, frames = clock.groups()
            seconds = Fraction((int(hours) * 60 + int(minutes)) * 60 + int(whole)) + Fraction(f"0.{fraction or 0}")
            return _possible(seconds + (Fraction(frames) / self.frames if frames else 0), text)
        if offset := _OFFSET.fullmatch(text):
            rates = {**_UNITS, "f": 1 / self.frames, "t": 1 / self.ticks}
            return _possible(Fraction(offset[1]) * rates[offset[2]], text)
        raise ValueError(f"{text!r} is not a time")


def read_ttml(text: str) -> Track:
    """Read the cues of a TTML document; one that breaks off keeps what was whole.

    Raises SubtitleError for what is no such document, or declares entities.
    """
    cues: list[TimedText] = []
    damaged, known = 0, False
    source = BytesIO(_DECLARATION.sub("", text, count=1).lstrip().encode("utf-8", "replace"))
    try:
        for element, clock, shift in _paragraphs(source):
            known = True
            if element is None:
                continue
            try:
                cues += _cues(element, clock, shift)
            except (KeyError, ValueError, ZeroDivisionError):
                damaged += 1
    except DefusedXmlException as error:
        raise SubtitleError(SubtitleReason.DAMAGED, f"the XML declares entities or a DTD: {error}") from error
    except (ParseError, ValueError, ZeroDivisionError) as error:
        if not cues:
            raise SubtitleError(SubtitleReason.DAMAGED, f"no TTML: {error}") from error
        damaged += 1
    if not known:
        raise SubtitleError(SubtitleReason.DAMAGED, "no timed text in the XML")
    return numbered(cues, damaged)


def _paragraphs(source: BytesIO) -> Iterator[tuple[Element | None, _Clock, Fraction]]:
    """Yield each paragraph with the clock and the time that its surroundings add; first None, for the root."""
    clock: _Clock | None = None
    shifts = [Fraction(0)]
    for event, element in iterparse(source, events=("start", "end")):
        name = _name(element)
        if event == "start":
            if clock is None:
                if name != "tt":
                    raise ValueError(f"the document is {name!r}, not tt")
                clock = _Clock(element)
                yield None, clock, shifts[-1]
            begin = element.get("begin") if name in ("body", "div") else None
            shifts.append(shifts[-1] + (clock.seconds(begin) if begin else 0))
        else:
            shifts.pop()
            if name == "p" and clock:
                yield element, clock, shifts[-1]


def _cues(element: Element, clock: _Clock, shift: Fraction) -> list[TimedText]:
    if "begin" in element.attrib:
        return [_cue(element, clock, shift)]
    spans = [child for child in element.iter() if _name(child) == "span" and "begin" in child.attrib]
    if not spans and "".join(element.itertext()).strip():
        raise ValueError("a paragraph without times")
    return [_cue(span, clock, shift) for span in spans]


def _cue(element: Element, clock: _Clock, shift: Fraction) -> TimedText:
    start = shift + clock.seconds(element.attrib["begin"])
    end = shift + clock.seconds(element.attrib["end"]) if "end" in element.attrib else None
    if "dur" in element.attrib:
        until = start + clock.seconds(element.attrib["dur"])
        end = until if end is None else min(end, until)
    if end is None:
        raise ValueError("neither end nor duration")
    lines = _SPACES.sub(" ", "".join(_pieces(element))).split("\0")
    return TimedText(_ms(start), _ms(end), strip_markup("\n".join(line.strip() for line in lines)))


def _pieces(element: Element) -> Iterator[str]:
    """Yield the text in an element, and a zero for every <br/>: other line breaks in the file are spaces."""
    yield (element.text or "").replace("\0", "")
    for child in element:
        if _name(child) == "br":
            yield "\0"
        elif _name(child) != "metadata":
            yield from _pieces(child)
        yield (child.tail or "").replace("\0", "")


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _number(text: str) -> str:
    if not re.fullmatch(r"\d{1,9}(?:\.\d{1,9})?", text.strip()):
        raise ValueError(f"{text!r} is not a rate")
    return text.strip()


def _possible(seconds: Fraction, text: str) -> Fraction:
    if seconds > _LARGEST_S:
        raise ValueError(f"{text!r} is not a possible time")
    return seconds


def _ms(seconds: Fraction) -> int:
    exact = Decimal(seconds.numerator * 1000) / Decimal(seconds.denominator)
    return int(exact.to_integral_value(ROUND_HALF_EVEN))
