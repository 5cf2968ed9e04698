import random

import pytest

from audsem_data.subtitles.decode import decode
from audsem_data.subtitles.reasons import SubtitleError, SubtitleReason

TEXT = "1\n00:00:01,000 --> 00:00:02,000\n[caf\u00e9 door \u201cslams\u201d]\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_encodings_of_the_wild(encoding: str, line_break: str) -> None:
    assert decode(TEXT.replace("\n", line_break).encode(encoding)) == TEXT


def test_utf8_with_a_broken_character_stays_utf8() -> None:
    assert decode("\u266a [\u00e9t\u00e9] \u266a".encode() + b"\xff") == "\u266a [\u00e9t\u00e9] \u266a\ufffd"


@pytest.mark.parametrize("data", [b"", b" \r\n\t", b"\xef\xbb\xbf", b"\xff\xfe", b"\0\0\0\0" * 9])
def test_nothing_is_an_empty_file(data: bytes) -> None:
    with pytest.raises(SubtitleError) as caught:
        decode(data)
    assert caught.value.reason in (SubtitleReason.EMPTY_FILE, SubtitleReason.UNDECODABLE)


def test_binary_is_undecodable() -> None:
    with pytest.raises(SubtitleError) as caught:
        decode(random.Random(1).randbytes(4096))
    assert caught.value.reason is SubtitleReason.UNDECODABLE
