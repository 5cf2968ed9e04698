"""SubStation Alpha (ASS, SSA) as cues: the dialogue lines of the events, in the order of the file.

Source: the SSA v4 and ASS v4+ specifications; times are in hundredths of a second.
"""

import re
from collections.abc import Sequence

from audsem_data.subtitles.cue import TimedText, Track, numbered
from audsem_data.subtitles.markup import strip_markup
from audsem_data.subtitles.reasons import SubtitleError, SubtitleReason
from audsem_data.subtitles.timing import parse_timing

_FIELDS = ["Layer", "Start", "End", "Style", "Name", "MarginL", "MarginR", "MarginV", "Effect", "Text"]
# Between braces stand commands and comments, which nobody sees; a drawing is what follows `\p1`.
_BRACES = re.compile(r"\{[^{}]*\}")
_DRAWING = re.compile(r"\{[^{}]*\\p[1-9][^{}]*\}")


def read_ass(text: str) -> Track:
    """Read the cues of an ASS or SSA text; styles, comments and drawings are no cues.

    Raises SubtitleError for a text without an events section.
    """
    cues: list[TimedText] = []
    damaged, inside, fields = 0, False, _FIELDS
    for line in text.split("\n"):
        kind, _, rest = line.strip().partition(":")
        if kind.startswith("["):
            inside = kind.lower().startswith("[events")
        elif inside and kind == "Format":
            fields = [name.strip() for name in rest.split(",")]
        elif kind == "Dialogue" and not _DRAWING.search(rest):
            cue = _cue(rest, fields)
            cues += [cue] if cue else []
            damaged += cue is None
    if not cues and not damaged and "[events]" not in text.lower():
        raise SubtitleError(SubtitleReason.DAMAGED, "no [Events] in the file")
    return numbered(cues, damaged)


def _cue(rest: str, fields: Sequence[str]) -> TimedText | None:
    values = dict(zip(fields, rest.strip().split(",", len(fields) - 1), strict=False))
    times = parse_timing(f"{values.get('Start', '').strip()} --> {values.get('End', '').strip()}")
    if times is None or "Text" not in values:
        return None
    shown = _BRACES.sub("", values["Text"])
    return TimedText(*times, strip_markup(shown.replace("\\N", "\n").replace("\\n", " ").replace("\\h", " ")))
