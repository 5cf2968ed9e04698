"""What VTT and SRT share: blocks of lines, in which a timing line begins a cue.

Files in the wild lack blank lines, indices and hours, or have blank lines where none belong. So a timing line
always begins a cue, whatever stands around it, and a number alone before it is its index.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from audsem_data.subtitles.cue import TimedText, Track, numbered
from audsem_data.subtitles.markup import strip_markup
from audsem_data.subtitles.timing import parse_timing

_NUMBER = re.compile(r"\s*\d+\s*")


@dataclass
class _Draft:
    """A cue that is being read; `times` is None when its timing line is damaged."""

    times: tuple[int, int] | None
    lines: list[str] = field(default_factory=list)


def read_blocks(text: str, headings: tuple[str, ...], continues: bool) -> Track:
    """Read the cues of a text whose lines end in a line feed.

    Args:
        text: of the file.
        headings: words that begin a block which is no cue (`NOTE`).
        continues: whether a block without times goes on with the cue before it (SRT) or is damage (VTT).
    """
    drafts: list[_Draft] = []
    for block in _blocks(text):
        if not _is_headed(block, headings):
            _read_block(block, drafts, continues)
    cues = [TimedText(*draft.times, strip_markup("\n".join(draft.lines))) for draft in drafts if draft.times]
    return numbered(cues, damaged=len(drafts) - len(cues))


def _blocks(text: str) -> Iterator[list[str]]:
    block: list[str] = []
    for line in text.split("\n"):
        if line.strip():
            block.append(line)
        elif block:
            yield block
            block = []
    if block:
        yield block


def _is_headed(block: Sequence[str], headings: tuple[str, ...]) -> bool:
    return block[0].startswith(headings) and not any("-->" in line for line in block)


def _read_block(block: Sequence[str], drafts: list[_Draft], continues: bool) -> None:
    """Add the cues of a block to the drafts."""
    first = next((n for n, line in enumerate(block) if _is_timing(line)), None)
    if first is None:
        _read_untimed(block, drafts, continues)
        return
    for line in block[first:]:
        if not _is_timing(line):
            drafts[-1].lines.append(line)
            continue
        if drafts and line is not block[first] and drafts[-1].lines and _NUMBER.fullmatch(drafts[-1].lines[-1]):
            drafts[-1].lines.pop()  # the index of the cue that begins here: a blank line is missing
        drafts.append(_Draft(parse_timing(line)))


def _read_untimed(block: Sequence[str], drafts: list[_Draft], continues: bool) -> None:
    """A block without times: an index, the text or more text of the cue before it, or a damaged cue."""
    if len(block) == 1 and _NUMBER.fullmatch(block[0]):
        return
    numbered_block = _NUMBER.fullmatch(block[0]) is not None
    if drafts and not numbered_block and (continues or not drafts[-1].lines):
        drafts[-1].lines.extend(block)
    else:
        drafts.append(_Draft(None, list(block)))


def _is_timing(line: str) -> bool:
    return "-->" in line or parse_timing(line) is not None
