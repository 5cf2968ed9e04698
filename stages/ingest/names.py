"""What the name of a subtitle file says: the video's name and the language (`NAME.en-US.cc.vtt`)."""

import re
from collections.abc import Container
from functools import lru_cache
from typing import NamedTuple

# ISO 639-1. A shorter list would take `NAME.uk.srt` for English, a looser rule `Mr.Bean.srt` for a language.
_ISO_639_1 = """
    aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee
    el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it
    iu iw ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt
    my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm
    sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh
    zu
"""
_TWO_LETTERS = frozenset(_ISO_639_1.split())
_LONG = {
    **dict.fromkeys(("eng", "english"), "en"),
    **dict.fromkeys(("spa", "spanish"), "es"),
    **dict.fromkeys(("fre", "fra", "french"), "fr"),
    **dict.fromkeys(("ger", "deu", "german"), "de"),
    **dict.fromkeys(("ita", "italian"), "it"),
    **dict.fromkeys(("por", "portuguese"), "pt"),
    **dict.fromkeys(("rus", "russian"), "ru"),
    **dict.fromkeys(("jpn", "japanese"), "ja"),
    **dict.fromkeys(("chi", "zho", "chinese"), "zh"),
    **dict.fromkeys(("kor", "korean"), "ko"),
    **dict.fromkeys(("ara", "arabic"), "ar"),
    **dict.fromkeys(("dut", "nld", "dutch"), "nl"),
    **dict.fromkeys(("fil", "cmn", "yue", "und"), ""),
}
_FLAGS = frozenset(("sdh", "cc", "hi", "forced", "default", "full"))


class SubtitleName(NamedTuple):
    """The video's name, not escaped, and the language as a tag (`en-US`)."""

    video: str
    language: str


def parse_subtitle_name(stem: str, videos: Container[str]) -> SubtitleName:
    """Split a file name without its suffix; a name that says no language is English.

    Args:
        stem: such as `NAME.en`.
        videos: names of known media; one of these is a name as a whole, whatever its last letters are.
    """
    parts = stem.split(".")
    while len(parts) > 1 and ".".join(parts) not in videos:
        language = _language(parts[-1])
        # `hi` is Hindi after a name, and "hearing impaired" after a language.
        is_flag = parts[-1].lower() in _FLAGS and (language is None or (len(parts) > 2 and _language(parts[-2])))
        if not is_flag:
            return SubtitleName(".".join(parts[:-1]), language) if language else SubtitleName(".".join(parts), "en")
        parts.pop()
    return SubtitleName(".".join(parts), "en")


@lru_cache(4096)
def clean_language(tag: str) -> str:
    """Return a language tag fit for a track's name: letters, digits and hyphens; `und` for none."""
    return re.sub(r"[^A-Za-z0-9]+", "-", tag).strip("-")[:32] or "und"


@lru_cache(4096)
def is_english(tag: str) -> bool:
    """Say whether a tag is English of any region."""
    return tag.lower().partition("-")[0] == "en"


def language_of(tag: str) -> str:
    """Return the language tag of what a media file says of a stream (`eng`); English where it says nothing."""
    return "en" if tag in ("", "und") else _language(tag) or clean_language(tag)


def _language(part: str) -> str | None:
    """Return the language tag that a part of a name is, if it is one."""
    tag = part.replace("_", "-")
    primary, _, region = tag.partition("-")
    primary = primary.lower()
    if primary in _TWO_LETTERS:
        return clean_language(f"{primary}-{region}" if region else primary)
    if primary in _LONG and not region:
        return _LONG[primary] or primary
    return None
