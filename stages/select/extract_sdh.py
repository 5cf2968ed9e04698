"""Keep the cues that are wholly one bracketed caption of 1 to 10 seconds, and clean their text.

A caption is bracketed as a whole by one matching pair of [] () {}: `[a] (b)`, `[a}` and `[JOHN]: a` are not. Its
text is cleaned first: white space collapsed, quotes made ' and ", dashes -, ellipses ..., accents taken off
(NFKD), and what is still not ASCII removed. A caption of music notes alone, with an address of the web, or
without any letter is dropped. What else a caption may be is an option, off unless asked for.
Source: paper, appendix on data collection: brackets, 1 to 10 s, line breaks, quotes, non-ASCII characters.
"""

import re
from collections.abc import Sequence

from pydantic import Field

from audsem_data.core.outcome import Done, Filtered, Outcome, Reason
from audsem_data.core.schema import CAPTION, CUE_ID, INTERVAL, ORIGIN
from audsem_data.core.stage import Config, Item, Needs, Process, stage
from audsem_data.stages.select.ascii_text import clean_text
from audsem_data.stages.select.brackets import bracketed_parts, caption_of, is_bracketed, strip_label
from audsem_data.stages.select.continuing import Joined, join_cues

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
    strip_labels: bool = Field(
        False, description="take off a speaker's label before the bracket: `JOHN: [laughs]` (paper: no)"
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


class ExtractReason(Reason):
    """Why a cue is no caption."""

    MUSIC_NOTES = "music_notes", "nothing but music notes and punctuation"
    URL = "url", "holds an address of the web or of e-mail"
    NOT_BRACKETED = "not_bracketed", "not wholly in one matching pair of [] () {}"
    NO_LETTERS = "no_letters", "no letter of the Latin alphabet is in it"
    TOO_SHORT = "too_short", "shorter than min_ms"
    TOO_LONG = "too_long", "longer than max_ms"
    MERGED = "merged", "joined to the caption that it continues; detail names it"


_COLUMNS = ("video_id", "start_ms", "end_ms", "text", "track", "ordinal", "language", "media_signature")


@stage(
    "extract-sdh",
    version=2,
    needs=[Needs("ingest", _COLUMNS, locators=("media",))],
    emits=(*INTERVAL, *CAPTION, *ORIGIN),
    config=ExtractConfig,
    key=CUE_ID,
    reasons=[ExtractReason],
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
    text = _caption_text(joined.text, config)
    item, duration = joined.first, joined.end_ms - joined.first["start_ms"]
    if reason := _text_reason(joined.text, text, config.inside):
        return Filtered(reason, joined.text[:200])
    if reason := _duration_reason(duration, config):
        return Filtered(reason, f"{duration} ms")
    kept = {name: item[name] for name in ("video_id", "start_ms", "language", "media", "media_signature")}
    return Done.one(text=text, caption=caption_of(text), end_ms=joined.end_ms, **kept)


def _caption_text(original: str, config: ExtractConfig) -> str:
    """Return the cleaned text, and of it what the options count as a caption."""
    if config.notes and (words := _between_notes(original)):
        return f"[{clean_text(words)}]"
    text = clean_text(original)
    if config.strip_labels and not is_bracketed(text):
        text = strip_label(text)
    if config.inside and not is_bracketed(text):
        text = " ".join(part for part in bracketed_parts(strip_label(text)) if re.search("[A-Za-z]", part)) or text
    return text


def _between_notes(text: str) -> str | None:
    """Return the words of a text that begins and ends with a music note, unless brackets hold them anyway."""
    text = text.strip()
    if len(text) < 2 or not (_NOTES.match(text[0]) and _NOTES.match(text[-1])):
        return None
    words = _NOTES.sub(" ", text).strip()
    return words if re.search("[A-Za-z]", words) and not bracketed_parts(words) else None


def _duration_reason(duration: int, config: ExtractConfig) -> ExtractReason | None:
    if duration < config.min_ms:
        return ExtractReason.TOO_SHORT
    return ExtractReason.TOO_LONG if duration > config.max_ms else None


def _text_reason(original: str, text: str, inside: bool) -> ExtractReason | None:
    """Return why a text is no caption; `text` is what may be one, cleaned."""
    has_letters = re.search("[A-Za-z]", text) is not None
    if not has_letters and _NOTES.search(original):
        return ExtractReason.MUSIC_NOTES
    if _URL.search(text):
        return ExtractReason.URL
    if not (is_bracketed(text) or (inside and text and " ".join(bracketed_parts(text)) == text)):
        return ExtractReason.NOT_BRACKETED
    return None if has_letters else ExtractReason.NO_LETTERS
