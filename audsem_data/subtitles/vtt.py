"""WebVTT as cues (W3C WebVTT; YouTube's header lines; files that lack the signature)."""

import re

from audsem_data.subtitles.blocks import read_blocks
from audsem_data.subtitles.cue import Track

_HEADER = re.compile(r"WEBVTT[^\n]*(\n(?!\s*\n)(?!.*-->).*)*\n*")
_HEADINGS = ("NOTE", "STYLE", "REGION", "Region:", "Style:", "##")
# In the files of YouTube, speech recognition times every word: `yeah<00:00:01.500><c> but</c>`.
_WORD_TIMES = re.compile(r"<\d\d:\d\d:\d\d\.\d{3}><c")


def read_vtt(text: str) -> Track:
    """Read the cues of a WebVTT text; comments, styles and regions are no cues."""
    body = _HEADER.sub("", text, count=1) if text.startswith("WEBVTT") else text
    track = read_blocks(body, _HEADINGS, continues=False)
    automatic = "\nKind: captions" in text[:200] and _WORD_TIMES.search(text) is not None
    return Track(track.cues, track.damaged, automatic)
