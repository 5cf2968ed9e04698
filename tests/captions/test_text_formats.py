"""WebVTT and SubRip as they occur."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audsem_data.subtitles.cue import Cue, Track
from audsem_data.subtitles.srt import read_srt
from audsem_data.subtitles.vtt import read_vtt

A = Cue(1000, 2000, "[a]", 0)
B = Cue(3000, 4000, "[b]", 1)
T1, T2 = "00:00:01.000 --> 00:00:02.000", "00:00:03,000 --> 00:00:04,000"


@pytest.mark.parametrize(
    "text",
    [
        f"1\n{T1}\n[a]\n\n2\n{T2}\n[b]\n",
        f"{T1}\n[a]\n\n{T2}\n[b]",  # no index
        f"1\n{T1}\n[a]\n2\n{T2}\n[b]",  # no blank line
        f"{T1}\n[a]\n{T2}\n[b]",  # neither
        f"\n\n1\n\n{T1}\n\n[a]\n\n2\n\n{T2}\n\n[b]\n\n",  # every line twice as far apart
        f"1\n{T1}  X1:40 Y1:50\n<i>[a]</i>\n\n2\n{T2}\n{{\\an8}}<font color='#fff'>[b]</font>\n",
        f"7\n{T1}\n[a] \n \n9\n{T2}\n\t[b]",
    ],
)
def test_both_formats_read_two_cues(text: str) -> None:
    assert read_srt(text) == Track((A, B))
    assert read_vtt(text) == Track((A, B))
    assert read_vtt(f"WEBVTT - title\nKind: captions\nLanguage: en\n\n{text}") == Track((A, B))


def test_comments_styles_and_regions_are_no_cues() -> None:
    blocks = "NOTE [no]\nstill no\n\nSTYLE\n::cue { color: red }\n\nREGION\nid:fred\n\n"
    assert read_vtt(f"WEBVTT\n\n{blocks}{T1}\n[a]\n\nNOTE [no]\n\n{T2}\n[b]\n") == Track((A, B))


@pytest.mark.parametrize(
    "marked", ["<v Bob>[a]", "<c.yellow>[a]</c>", "<00:00:01.500>[a]", "<b>[a]</b>", "&#91;a&#93;"]
)
def test_markup_is_taken_off(marked: str) -> None:
    assert read_vtt(f"WEBVTT\n\n{T1}\n{marked}\n").cues == (A,)


@pytest.mark.parametrize("text", ["{paper tearing}", "<laughs>", "a < b", "I <3 you", "AT&T"])
def test_what_only_looks_like_markup_stays(text: str) -> None:
    assert read_srt(f"1\n{T1}\n{text}\n").cues[0].text == text


def test_line_breaks_stay_and_blank_lines_continue_a_cue_of_srt_only() -> None:
    text = f"{T1}\nfirst\nsecond\n\nthird\n"
    assert read_srt(text) == Track((Cue(1000, 2000, "first\nsecond\nthird", 0),))
    assert read_vtt(text) == Track((Cue(1000, 2000, "first\nsecond", 0),), damaged=1)


@pytest.mark.parametrize("damage", ["00:00:1x.000 --> 00:00:02.000\n[x]", "5\n[no time]", "-->\n[x]"])
def test_a_damaged_cue_is_counted_and_costs_no_other(damage: str) -> None:
    text = f"{T1}\n[a]\n\n{damage}\n\n{T2}\n[b]\n"
    assert read_srt(text) == Track((A, B), damaged=1)
    assert read_vtt(text) == Track((A, B), damaged=1)


def test_odd_times_are_read_as_they_stand() -> None:
    text = "00:03.000 --> 00:03.000\n[zero]\n\n00:05.000 --> 00:01.000\n[back]\n\n00:01.000 --> 00:04.000\n[over]\n"
    assert [cue[:2] for cue in read_vtt(text).cues] == [(3000, 3000), (5000, 1000), (1000, 4000)]


def test_word_times_in_a_file_of_youtube_mean_speech_recognition() -> None:
    body = f"{T1}\nyeah<00:00:01.500><c> but</c>\n"
    assert read_vtt(f"WEBVTT\nKind: captions\nLanguage: en\n\n{body}").automatic
    assert not read_vtt(f"WEBVTT\n\n{body}").automatic  # a song to sing along, written by a person


CUES = st.lists(
    st.tuples(st.integers(0, 10**8), st.integers(1, 10**5), st.text("[]ab xyz", min_size=1)), max_size=8
)


@given(CUES)
def test_what_is_written_is_read(cues: list[tuple[int, int, str]]) -> None:
    kept = [(start, start + length, f"[{text}]") for start, length, text in cues]
    srt = "".join(f"{n}\n{_clock(s)} --> {_clock(e)}\n{text}\n\n" for n, (s, e, text) in enumerate(kept))
    assert read_srt(srt) == read_vtt(f"WEBVTT\n\n{srt}")
    assert [tuple(cue[:3]) for cue in read_srt(srt).cues] == kept


@given(st.text("0123456789:.,-> \nWEBVTNO[]<c>\t{}\\", max_size=200))
def test_no_text_raises(text: str) -> None:
    for track in (read_srt(text), read_vtt(text)):
        assert [cue.ordinal for cue in track.cues] == list(range(len(track.cues)))


def _clock(ms: int) -> str:
    return f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d},{ms % 1000:03d}"
