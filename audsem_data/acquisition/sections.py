"""Which stretches of a video are fetched for its clips: more than each clip, and near ones together."""

from collections.abc import Iterable
from typing import NamedTuple

from audsem_data.media.cut import Want

MARGIN_MS, GAP_MS = 1000, 4000


class Section(NamedTuple):
    """A stretch of a video, in milliseconds from its beginning, and the clips that are cut out of it."""

    start_ms: int
    end_ms: int
    clips: tuple[Want, ...]


def plan_sections(clips: Iterable[Want], margin_ms: int, gap_ms: int) -> list[Section]:
    """Return the sections that hold these clips with `margin_ms` on either side, in time order.

    The margin lets decoders settle before a clip begins. Two sections less than `gap_ms` apart become one: asking
    once more costs a host and us more than the seconds between.
    """
    sections: list[Section] = []
    for clip in sorted(clips, key=lambda clip: (clip.start_ms, clip.end_ms)):
        start, end = max(clip.start_ms - margin_ms, 0), clip.end_ms + margin_ms
        if sections and start <= sections[-1].end_ms + gap_ms:
            last = sections.pop()
            sections.append(Section(last.start_ms, max(last.end_ms, end), (*last.clips, clip)))
        else:
            sections.append(Section(start, end, (clip,)))
    return sections
