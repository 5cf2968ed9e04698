"""SubViewer as YouTube writes it (SBV): a line `0:00:01.000,0:00:02.500`, then the text, then a blank line."""

import re

from audsem_data.subtitles.blocks import read_blocks
from audsem_data.subtitles.cue import Track

_CLOCK = r"[ \t]*(-?(?:\d+:)?\d+:\d+[.,]\d+)[ \t]*"
_CLOCKS = re.compile(f"^{_CLOCK},{_CLOCK}$", re.MULTILINE)


def read_sbv(text: str) -> Track:
    """Read the cues of an SBV text: its lines of times become those of SRT, whose reader takes the rest."""
    return read_blocks(_CLOCKS.sub(r"\1 --> \2", text), (), continues=False)
