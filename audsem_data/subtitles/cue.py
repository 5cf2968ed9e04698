"""What every subtitle reader returns: cues in file order, and how many more were too damaged to read."""

from dataclasses import dataclass
from typing import NamedTuple


class Cue(NamedTuple):
    """A subtitle cue.

    Attributes:
        start_ms: as the file says, in milliseconds; may be negative.
        end_ms: as the file says; a cue may have no duration, or end before it starts.
        text: without markup, its line breaks kept.
        ordinal: place among the readable cues of the track, from 0.
    """

    start_ms: int
    end_ms: int
    text: str
    ordinal: int


@dataclass(frozen=True)
class Track:
    """The cues of one subtitle track.

    Attributes:
        cues: in the order of the file.
        damaged: cues whose times or structure could not be read.
        automatic: the file says that speech recognition wrote it.
    """

    cues: tuple[Cue, ...]
    damaged: int = 0
    automatic: bool = False


class TimedText(NamedTuple):
    """A cue that has no ordinal yet."""

    start_ms: int
    end_ms: int
    text: str


def numbered(cues: list[TimedText], damaged: int = 0, automatic: bool = False) -> Track:
    """Return the track of these cues, each with its place as ordinal."""
    return Track(tuple(Cue(*cue, place) for place, cue in enumerate(cues)), damaged, automatic)
