"""Keep the cues of 1 to 10 seconds that are nothing but bracketed captions, and clean their text.

A caption is bracketed by a matching pair of [] () {}; a cue may hold several: `[a] (b)` is joined in order,
`[a}`, `[a] b [c]` and `[JOHN]: a` are none. What only frames a bracket is taken off: leading dashes, bullets,
`>>`, quotes and guillemets, closing `.` `...` `!!`, and a speaker's label in capitals. The text is cleaned first:
white space collapsed, quotes made ' and ", dashes -, ellipses ..., accents taken off (NFKD), and what is still
not ASCII removed. A caption of music notes alone, with an address of the web, or without any letter is
dropped. What else a caption may be is an option, off unless asked for.
Source: paper, appendix on data collection: begins and ends with a bracket, 1 to 10 s, line breaks, quotes,
non-ASCII characters. What frames and labels is ours; the outcomes count what each rule brought in.
"""

import re
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import pyarrow as pa
from pydantic import Field, field_validator

from audsem_data.core.outcome import Done, Filtered, Outcome, Reason
from audsem_data.core.schema import CAPTION, CUE_ID, INTERVAL, ORIGIN, Column
from audsem_data.core.stage import Config, Item, Needs, Process, stage
from audsem_data.stages.select.ascii_text import clean_text
from audsem_data.stages.select.brackets import bracket_groups, bracketed_parts, strip_label
from audsem_data.stages.select.continuing import Joined, join_cues

_LETTER = re.compile("[A-Za-z]")
_NOTES = re.compile("[\u2669-\u266f\U0001f3b5\U0001f3b6\U0001f3bc]")
_URL = re.compile(
    r"https?:|www\.|[\w-]+\.(?:com|org|net|edu|gov|info|tv|co|io|ly|me|uk|de)(?![\w-])|\w@\w+\.\w", re.IGNORECASE
)


class ExtractConfig(Config):
    """How long a caption may be, and what counts as one."""

    min_ms: int = Field(1000, ge=0, description="shortest caption, in ms, inclusive (paper: 1 s)")
    max_ms: int = Field(10_000, gt=0, description="longest caption, in ms, inclusive (paper: 10 s)")
    inside: bool = Field(
        False, description="take what is bracketed inside a line of speech too: `[door slams] What?` (paper: no)"
    )
    framing: bool = Field(
        True, description="take off what only frames a bracket: `- [laughs]`, `>> [laughs].` (paper: no)"
    )
    strip_labels: Literal["none", "capitals", "all"] = Field(
        "capitals",
        description="take off a speaker's label before the bracket: `JOHN: [laughs]`; all: also `John: [laughs]` "
        "(paper: none)",
    )
    notes: bool = Field(
        False, description="take words between music notes as a caption too, also lyrics (paper: no)"
    )
    merge_gap_ms: int | None = Field(
        None,
        ge=0,
        description="join a cue to the next of its track, at most this many ms later, that repeats it or closes "
        "its bracket (for the latter, set ingest.keep=all); null: never (paper: never)",
    )

    @field_validator("strip_labels", mode="before")
    @classmethod
    def _as_once_written(cls, value: Any) -> Any:
        """Read what recipes of version 2 say: true or false."""
        return {True: "all", False: "none"}[value] if isinstance(value, bool) else value


class ExtractReason(Reason):
    """Why a cue is no caption."""

    MUSIC_NOTES = "music_notes", "nothing but music notes and punctuation"
    URL = "url", "holds an address of the web or of e-mail"
    NOT_BRACKETED = "not_bracketed", "something is in it beside matching pairs of [] () {} and what frames them"
    NO_LETTERS = "no_letters", "no letter of the Latin alphabet is in it"
    TOO_SHORT = "too_short", "shorter than min_ms"
    TOO_LONG = "too_long", "longer than max_ms"
    MERGED = "merged", "joined to the caption that it continues; detail names it"


class ExtractRule(Reason):
    """Which rule let a caption in that is not simply one bracketed whole; the last that applies."""

    FRAMED = "framed", "what only framed the bracket was taken off"
    SEVERAL = "several_brackets", "nothing but several bracketed captions"
    LABELLED = "labelled", "a speaker's label was taken off"
    INSIDE = "inside_speech", "the bracketed parts of a line of speech were taken (option `inside`)"
    NOTES = "between_notes", "words between music notes were taken (option `notes`)"


SOUNDS = Column("sounds", pa.int32(), "how many bracketed captions the cue holds")
_COLUMNS = ("video_id", "start_ms", "end_ms", "text", "track", "ordinal", "language", "media_signature")


@stage(
    "extract-sdh",
    version=3,
    needs=[Needs("ingest", _COLUMNS, locators=("media",))],
    emits=(*INTERVAL, *CAPTION, SOUNDS, *ORIGIN),
    config=ExtractConfig,
    key=CUE_ID,
    reasons=[ExtractReason, ExtractRule],
    batch=None,  # the cues of a video: one may continue another
)
def open_extract_sdh(config: ExtractConfig) -> Process:
    """Return the process that keeps and cleans captions."""

    def process(items: Sequence[Item]) -> list[Outcome]:
        outcomes: dict[str, Outcome] = {}
        for joined in join_cues(items, config.merge_gap_ms):
            outcomes[joined.first.key] = _extract(joined, config)
            outcomes |= {key: Filtered(ExtractReason.MERGED, joined.first.key) for key in joined.others}
        return [outcomes[item.key] for item in items]

    return process


def _extract(joined: Joined, config: ExtractConfig) -> Outcome:
    found = _find(joined.text, config)
    item, duration = joined.first, joined.end_ms - joined.first["start_ms"]
    if isinstance(found, ExtractReason):
        return Filtered(found, joined.text[:200])
    if reason := _duration_reason(duration, config):
        return Filtered(reason, f"{duration} ms")
    kept = {name: item[name] for name in ("video_id", "start_ms", "language", "media", "media_signature")}
    captions = {"text": found.text, "caption": found.caption, "sounds": found.sounds}
    return Done(({"end_ms": joined.end_ms, **captions, **kept},), reason=found.rule)


class _Found(NamedTuple):
    text: str
    caption: str
    sounds: int
    rule: ExtractRule | None


def _find(original: str, config: ExtractConfig) -> _Found | ExtractReason:
    """Return what the options count as a caption in a cue's text, or why there is none."""
    words = _between_notes(original) if config.notes else None
    text = clean_text(f"[{words}]" if words else original)
    if not _LETTER.search(text) and _NOTES.search(original):
        return ExtractReason.MUSIC_NOTES
    parts, rule = _parts(text, config)
    if _URL.search(" ".join(parts) or text):
        return ExtractReason.URL
    if not parts:
        return ExtractReason.NOT_BRACKETED
    parts = [part for part in parts if _LETTER.search(part)]
    if not parts:
        return ExtractReason.NO_LETTERS
    caption = ", ".join(part[1:-1].strip() for part in parts)
    return _Found(" ".join(parts), caption, len(parts), ExtractRule.NOTES if words else rule)


def _parts(text: str, config: ExtractConfig) -> tuple[Sequence[str], ExtractRule | None]:
    """Return the bracketed parts of a cleaned text that may be a caption, and by which rule they are."""
    groups = bracket_groups(text, config.framing, config.strip_labels)
    if groups is None:
        inside = bracketed_parts(strip_label(text)) if config.inside else []
        return inside if any(_LETTER.search(part) for part in inside) else (), ExtractRule.INSIDE
    if groups.labelled:
        return groups.parts, ExtractRule.LABELLED
    if len(groups.parts) > 1:
        return groups.parts, ExtractRule.SEVERAL
    return groups.parts, ExtractRule.FRAMED if groups.framed else None


def _between_notes(text: str) -> str | None:
    """Return the words of a text that begins and ends with a music note, unless brackets hold them anyway."""
    text = text.strip()
    if len(text) < 2 or not (_NOTES.match(text[0]) and _NOTES.match(text[-1])):
        return None
    words = _NOTES.sub(" ", text).strip()
    return words if _LETTER.search(words) and not bracketed_parts(words) else None


def _duration_reason(duration: int, config: ExtractConfig) -> ExtractReason | None:
    if duration < config.min_ms:
        return ExtractReason.TOO_SHORT
    return ExtractReason.TOO_LONG if duration > config.max_ms else None
