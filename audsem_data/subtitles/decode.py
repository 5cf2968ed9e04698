"""Subtitle bytes as text: byte order marks, UTF-8, UTF-16 without a mark, and the Western encodings."""

import codecs

from charset_normalizer import from_bytes

from audsem_data.subtitles.reasons import SubtitleError, SubtitleReason

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What English subtitles occur in. With every encoding allowed, short texts are taken for rare ones.
_WESTERN = ["cp1252", "latin_1", "mac_roman", "cp437", "cp850"]


def decode(data: bytes) -> str:
    """Return the text of a subtitle file, without its byte order mark, lines ending in a line feed.

    Raises SubtitleError for a file that is empty, or that is text in none of these encodings.
    """
    text = _text(data)
    if not text.strip("\0 \t\r\n\ufeff"):
        raise SubtitleError(SubtitleReason.EMPTY_FILE, f"{len(data)} bytes")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _text(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    if b"\0" in data[:1024]:
        return _without_mark(data)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _not_quite_utf8(data)


def _without_mark(data: bytes) -> str:
    """Decode UTF-16 that has no mark: in mostly Western text, every other byte is zero."""
    head = data[:1024]
    odd, even = head[1::2].count(0), head[::2].count(0)
    if max(odd, even) >= len(head) // 4:
        try:
            return data[: len(data) // 2 * 2].decode("utf-16-le" if odd > even else "utf-16-be")
        except UnicodeDecodeError:
            pass
    raise SubtitleError(SubtitleReason.UNDECODABLE, "the bytes are binary")


def _not_quite_utf8(data: bytes) -> str:
    """Decode UTF-8 with a few broken characters as UTF-8, anything else as what it most looks like."""
    lenient = data.decode("utf-8", "replace")
    broken = lenient.count("\ufffd")
    if sum(character > "\x7f" for character in lenient) - broken > broken:
        return lenient
    best = from_bytes(data, cp_isolation=_WESTERN).best()
    if best is None:
        raise SubtitleError(SubtitleReason.UNDECODABLE, "neither UTF-8, UTF-16 nor a Western encoding")
    return str(best)
