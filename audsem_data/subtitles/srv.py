"""YouTube's XML formats as cues: srv1 (seconds), srv2 (milliseconds), srv3 (paragraphs of segments).

Which one a file is, its elements say: `<text start dur>`, `<text t d>` or `<p t d>`.
"""

import re
from collections.abc import Iterator
from io import BytesIO
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from audsem_data.subtitles.cue import TimedText, Track, numbered
from audsem_data.subtitles.markup import strip_markup
from audsem_data.subtitles.reasons import SubtitleError, SubtitleReason
from audsem_data.subtitles.timing import span_ms, whole_ms

_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")


def read_srv(text: str) -> Track:
    """Read the cues of an srv1, srv2 or srv3 document; one that breaks off keeps what was whole.

    Raises SubtitleError for what is no such document, or declares entities.
    """
    cues: list[TimedText] = []
    damaged, automatic, known = 0, False, False
    # The text is decoded already, so an encoding that the document declares no longer holds.
    source = BytesIO(_DECLARATION.sub("", text, count=1).lstrip().encode("utf-8", "replace"))
    try:
        for element in _elements(source):
            automatic = automatic or element.get("kind") == "asr" or (element.tag == "s" and "ac" in element.attrib)
            known = known or element.tag in ("text", "p", "transcript", "timedtext")
            if element.tag in ("text", "p"):
                try:
                    cues.append(_cue(element))
                except (KeyError, ValueError):
                    damaged += 1
    except DefusedXmlException as error:
        raise SubtitleError(SubtitleReason.DAMAGED, f"the XML declares entities or a DTD: {error}") from error
    except ParseError as error:
        if not cues:
            raise SubtitleError(SubtitleReason.DAMAGED, f"no XML: {error}") from error
        damaged += 1
    if not known:
        raise SubtitleError(SubtitleReason.DAMAGED, "no timed text in the XML")
    return numbered(cues, damaged, automatic)


def _elements(source: BytesIO) -> Iterator[Element]:
    for _, element in iterparse(source, events=("end",)):
        yield element


def _cue(element: Element) -> TimedText:
    if "t" in element.attrib:
        start = whole_ms(element.attrib["t"])
        end = start + whole_ms(element.attrib["d"])
    else:
        start, end = span_ms(element.attrib["start"], element.attrib["dur"])
    # srv1 escapes twice: the XML parser undoes one, strip_markup the other.
    return TimedText(start, end, strip_markup("".join(_pieces(element))))


def _pieces(element: Element) -> Iterator[str]:
    """Yield the text in an element, and a line break for every <br/>."""
    yield element.text or ""
    for child in element:
        yield "\n" if child.tag == "br" else ""
        yield from _pieces(child)
        yield child.tail or ""
