"""Keep the cues that are wholly one bracketed caption of 1 to 10 seconds, and clean their text.

A caption is bracketed as a whole by one matching pair of [] () {}: `[a] (b)`, `[a}` and `[JOHN]: a` are not. Its
text is cleaned first: white space collapsed, quotes made ' and ", dashes -, ellipses ..., accents taken off
(NFKD), and what is still not ASCII removed. A caption of music notes alone, with an address of the web, or
without any letter is dropped.
Source: paper, appendix on data collection: brackets, 1 to 10 s, line breaks, quotes, non-ASCII characters.
"""

import re
import unicodedata
from collections.abc import Sequence

from pydantic import Field

from audsem_data.core.outcome import Done, Filtered, Outcome, Reason
from audsem_data.core.schema import CAPTION, CUE_ID, INTERVAL, ORIGIN
from audsem_data.core.stage import Config, Item, Needs, Process, stage

_PAIRS = {"[": "]", "(": ")", "{": "}"}
_ASCII = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u2035\u02bc\u00b4\u0060\uff07", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u2036\u00ab\u00bb\uff02", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        "\u00df": "ss",
        "\u00e6": "ae",
        "\u00c6": "AE",
        "\u0153": "oe",
        "\u0152": "OE",
        "\u00f8": "o",
        "\u00d8": "O",
    }
)
_NOTES = re.compile("[\u2669-\u266f\U0001f3b5\U0001f3b6\U0001f3bc]")
_URL = re.compile(
    r"https?:|www\.|[\w-]+\.(?:com|org|net|edu|gov|info|tv|co|io|ly|me|uk|de)(?![\w-])|\w@\w+\.\w", re.IGNORECASE
)


class ExtractConfig(Config):
    """How long a caption may be."""

    min_ms: int = Field(1000, ge=0, description="shortest caption, in ms, inclusive (paper: 1 s)")
    max_ms: int = Field(10_000, gt=0, description="longest caption, in ms, inclusive (paper: 10 s)")


class ExtractReason(Reason):
    """Why a cue is no caption."""

    MUSIC_NOTES = "music_notes", "nothing but music notes and punctuation"
    URL = "url", "holds an address of the web or of e-mail"
    NOT_BRACKETED = "not_bracketed", "not wholly in one matching pair of [] () {}"
    NO_LETTERS = "no_letters", "no letter of the Latin alphabet is in it"
    TOO_SHORT = "too_short", "shorter than min_ms"
    TOO_LONG = "too_long", "longer than max_ms"


EMITS = (
    *INTERVAL,
    *CAPTION,
    *ORIGIN,
)


@stage(
    "extract-sdh",
    version=1,
    needs=[
        Needs(
            "ingest", ("video_id", "start_ms", "end_ms", "text", "language", "media_signature"), locators=("media",)
        )
    ],
    emits=EMITS,
    config=ExtractConfig,
    key=CUE_ID,
    reasons=[ExtractReason],
    batch=4096,
)
def open_extract_sdh(config: ExtractConfig) -> Process:
    """Return the process that keeps and cleans captions."""

    def process(items: Sequence[Item]) -> list[Outcome]:
        return [_extract(item, config) for item in items]

    return process


def _extract(item: Item, config: ExtractConfig) -> Outcome:
    text = clean_text(item["text"])
    duration = item["end_ms"] - item["start_ms"]
    if reason := _text_reason(item["text"], text):
        return Filtered(reason, item["text"][:200])
    if reason := _duration_reason(duration, config):
        return Filtered(reason, f"{duration} ms")
    kept = {name: item[name] for name in ("video_id", "start_ms", "end_ms", "language", "media", "media_signature")}
    return Done.one(text=text, caption=text[1:-1].strip(), **kept)


def _duration_reason(duration: int, config: ExtractConfig) -> ExtractReason | None:
    if duration < config.min_ms:
        return ExtractReason.TOO_SHORT
    return ExtractReason.TOO_LONG if duration > config.max_ms else None


def _text_reason(original: str, text: str) -> ExtractReason | None:
    """Return why a text is no caption; `text` is the original cleaned."""
    has_letters = re.search("[A-Za-z]", text) is not None
    if not has_letters and _NOTES.search(original):
        return ExtractReason.MUSIC_NOTES
    if _URL.search(text):
        return ExtractReason.URL
    if not is_bracketed(text):
        return ExtractReason.NOT_BRACKETED
    return None if has_letters else ExtractReason.NO_LETTERS


def clean_text(text: str) -> str:
    """Return a text in ASCII on one line: quotes and dashes made plain, accents taken off, the rest removed."""
    plain = unicodedata.normalize("NFKD", text.translate(_ASCII)).encode("ascii", "ignore").decode()
    return " ".join("".join(c if c.isprintable() else " " for c in plain).split())


def is_bracketed(text: str) -> bool:
    """Say whether a text is one bracketed whole: the pair that opens it closes it, and nothing before its end.

    Brackets inside must match too, so that `[a (b)]` is one caption and `[a] [b]` and `[a (b]` are none.
    """
    closing: list[str] = []
    for place, character in enumerate(text):
        if character in _PAIRS:
            closing.append(_PAIRS[character])
        elif character in _PAIRS.values() and (not closing or closing.pop() != character):
            return False
        if not closing:
            return place == len(text) - 1 and place > 0
    return False
