"""WebVTT as cues (W3C WebVTT; YouTube's header lines; files that lack the signature)."""

import re

from audsem_data.media.subtitles.blocks import read_blocks
from audsem_data.media.subtitles.cue import Track

_HEADER = re.compile(r"WEBVTT[^\n]*(\n(?!\s*\n)(?!.*-->).*)*\n*")
_HEADINGS = ("NOTE", "STYLE", "REGION", "Region:", "Style:", "##")
# Speech recognition times every word: `yeah<00:00:01.500><c> but</c>`. People do not.
_WORD_TIMES = re.compile(r"<\d\d:\d\d:\d\d\.\d{3}><c")


def read_vtt(text: str) -> Track:
    """Read the cues of a WebVTT text; comments, styles and regions are no cues."""
    track = read_blocks(_HEADER.sub("", text, count=1) if text.startswith("WEBVTT") else text, _HEADINGS, False)
    return Track(track.cues, track.damaged, automatic=_WORD_TIMES.search(text) is not None)
