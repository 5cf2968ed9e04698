"""Rolling captions: tracks in which each cue begins with the line that ended the one before.

Speech recognition writes so, word by word, and the habit survives conversion to formats that keep no other sign of
who wrote a track: VTT made to SRT, or stripped of its word times.
"""

from collections.abc import Sequence
from itertools import pairwise

from audsem_data.subtitles.cue import Cue

_FEWEST = 8  # cues; below it a few repeated lines say nothing
_SHARE = 0.5
_TOUCHING_MS = 50


def repeated_lines(cues: Sequence[Cue]) -> int:
    """Return how many cues carry on the last line of the cue before them, and follow it at once."""
    return sum(_carries_on(before, cue) for before, cue in pairwise(cues))


def is_rolling(cues: Sequence[Cue]) -> bool:
    """Say whether half of a track's cues, or more, repeat what was on screen already."""
    return len(cues) >= _FEWEST and repeated_lines(cues) >= _SHARE * (len(cues) - 1)


def _carries_on(before: Cue, cue: Cue) -> bool:
    if not (before.text and cue.text) or cue.start_ms > before.end_ms + _TOUCHING_MS:
        return False
    lines, earlier = cue.text.split("\n"), before.text.split("\n")
    # A caption that is simply there again ([music], [music]) is no sign: a rolling cue adds or drops a line.
    return lines[0].strip() == earlier[-1].strip() and (len(lines) > 1 or len(earlier) > 1)
