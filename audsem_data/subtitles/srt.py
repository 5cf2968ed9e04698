"""SubRip (SRT) as cues."""

from audsem_data.subtitles.blocks import read_blocks
from audsem_data.subtitles.cue import Track


def read_srt(text: str) -> Track:
    """Read the cues of a SubRip text; indices are not needed, and text goes on across blank lines."""
    return read_blocks(text.removeprefix("WEBVTT"), (), True)
