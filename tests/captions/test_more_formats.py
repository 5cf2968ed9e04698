"""SBV, ASS and TTML: as they occur, beside another reader of the same files, and damaged."""

import random
import re

import pysubs2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audsem_data.subtitles.ass import read_ass
from audsem_data.subtitles.cue import Cue, Track
from audsem_data.subtitles.reader import READERS
from audsem_data.subtitles.reasons import SubtitleError
from audsem_data.subtitles.sbv import read_sbv
from audsem_data.subtitles.srt import read_srt
from audsem_data.subtitles.ttml import read_ttml
from audsem_data.subtitles.vtt import read_vtt

A = Cue(1000, 2500, "[a]", 0)
B = Cue(3000, 4000, "[b]\nmore", 1)
EVENTS = "[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
TTML = '<tt xmlns="http://www.w3.org/ns/ttml" {root}><body {body}><div>{cues}</div></body></tt>'


def ttml(*cues: str, root: str = "", body: str = "") -> str:
    return TTML.format(root=root, body=body, cues="".join(cues))


def test_sbv() -> None:
    text = "0:00:01.000,0:00:02.500\n[a]\n\n0:00:03.000,0:00:04.000\n[b]\nmore\n"
    assert read_sbv(text) == Track((A, B))
    assert read_sbv("00:01.000 , 00:02.500\n[a]\n") == Track((A,))
    assert read_sbv("0:00:01.000,0:99:02.500\n[a]\n").damaged == 1


def test_ass_reads_what_is_shown() -> None:
    shown = (
        "Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,{\\an8}[a]{a note}\n"
        "Comment: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,[not shown]\n"
        "Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,{\\p1}m 0 0 l 1 1{\\p0}\n"
        "Dialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,[b]\\Nmore\n"
    )
    assert read_ass(f"[Script Info]\nTitle: x\n\n{EVENTS}{shown}") == Track((A, B))
    assert read_ass(f"{EVENTS}Dialogue: 0,0:00:01.00,soon,Default,,0,0,0,,[a]\n").damaged == 1
    ssa = "[Events]\nFormat: Marked, Start, End, Text\nDialogue: Marked=0,0:00:01.00,0:00:02.50,[a], and so on\n"
    assert read_ass(ssa).cues[0].text == "[a], and so on"
    with pytest.raises(SubtitleError, match="no \\[Events\\]"):
        read_ass("WEBVTT")


@pytest.mark.parametrize(
    ("root", "begin", "end"),
    [
        ("", "00:00:01.000", "00:00:02.500"),
        ("", "1s", "2.5s"),
        ("", "1000ms", "2500ms"),
        ('xmlns:ttp="http://www.w3.org/ns/ttml#parameter" ttp:tickRate="10000000"', "10000000t", "25000000t"),
        ('xmlns:ttp="x" ttp:frameRate="24"', "00:00:01:00", "00:00:02:12"),
        ('xmlns:ttp="x" ttp:frameRate="30" ttp:frameRateMultiplier="1000 1001"', "00:00:01", "00:00:02.5"),
        ("", "0.0002777777777777777777777777777777777778h", "2500ms"),
    ],
)
def test_ttml_reads_every_way_to_tell_a_time(root: str, begin: str, end: str) -> None:
    assert read_ttml(ttml(f'<p begin="{begin}" end="{end}">[a]</p>', root=root)) == Track((A,))


def test_ttml_lines_durations_spans_and_surroundings() -> None:
    two = '<p begin="1s" dur="1.5s">\n  [a]\n</p>', '<p begin="3s" end="4s"><span>[b]</span><br/>\n more</p>'
    assert read_ttml(ttml(*two)) == Track((A, B))
    spans = '<p><span begin="1s" end="2.5s">[a]</span><span begin="3s" end="4s">[b]<br/>more</span></p>'
    assert read_ttml(ttml(spans)) == Track((A, B))
    assert read_ttml(ttml('<p begin="0s" end="1.5s">[a]</p>', body='begin="1s"')) == Track((A,))
    whole = ttml(*two)
    assert read_ttml(whole[: whole.index("[b]")]) == Track((A,), damaged=1)
    assert read_ttml(ttml("<p>[a]</p>", two[0])) == Track((A,), damaged=1)


@pytest.mark.parametrize(
    "text", ["<html><body><p>x</p></body></html>", "no XML", '<!DOCTYPE tt [<!ENTITY a "x">]><tt>&a;</tt>', "<tt"]
)
def test_what_is_no_ttml_is_said(text: str) -> None:
    with pytest.raises(SubtitleError):
        read_ttml(text)


times = st.integers(0, 35_999_99).map(lambda n: n * 10)  # hundredths: what ASS can tell
words = st.text("abcdefgh ,.!?[]()'", min_size=1, max_size=40).map(str.strip).filter(bool)
cues = st.lists(st.tuples(times, times, st.lists(words, min_size=1, max_size=3)), min_size=1, max_size=8)


@settings(deadline=None, max_examples=60)
@given(cues)
def test_what_pysubs2_writes_is_read_as_it_was(made: list[tuple[int, int, list[str]]]) -> None:
    file = pysubs2.SSAFile()
    for start, end, lines in made:
        file.append(pysubs2.SSAEvent(start=start, end=end, text="\\N".join(lines)))
    expected = [(start, end, "\n".join(lines)) for start, end, lines in made]
    for form, read in (("ass", read_ass), ("ssa", read_ass), ("srt", read_srt), ("vtt", read_vtt)):
        track = read(file.to_string(form))
        found = [(cue.start_ms, cue.end_ms, cue.text) for cue in track.cues]
        wanted = expected if form in ("ass", "ssa") else sorted(expected, key=lambda cue: cue[:2])
        key = None if form in ("ass", "ssa") else (lambda cue: cue[:2])
        assert (sorted(found, key=key) if key else found) == wanted, form
        assert track.damaged == 0


@settings(deadline=None, max_examples=60)
@given(cues)
def test_round_trips_of_our_own(made: list[tuple[int, int, list[str]]]) -> None:
    def clock(ms: int) -> str:
        return f"{ms // 3_600_000}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}.{ms % 1000:03d}"

    expected = [(start, end, "\n".join(lines)) for start, end, lines in made]
    sbv = "".join(f"{clock(s)},{clock(e)}\n{text}\n\n" for s, e, text in expected)
    paragraphs = [
        f'<p begin="{s}ms" end="{e}ms">{"<br/>".join(text.split(chr(10)))}</p>' for s, e, text in expected
    ]
    for track in (read_sbv(sbv), read_ttml(ttml(*paragraphs))):
        found = [(cue.start_ms, cue.end_ms, re.sub(" +", " ", cue.text)) for cue in track.cues]
        assert found == [(s, e, re.sub(" +", " ", text)) for s, e, text in expected]


SEEDS = {
    "vtt": "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n[a]\n\n00:00:03.000 --> 00:00:04.000\n<i>[b]</i>\n",
    "srt": "1\n00:00:01,000 --> 00:00:02,500\n[a]\n\n2\n00:00:03,000 --> 00:00:04,000\n[b]\n",
    "sbv": "0:00:01.000,0:00:02.500\n[a]\n\n0:00:03.000,0:00:04.000\n[b]\n",
    "ass": f"[Script Info]\n\n{EVENTS}Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,{{\\an8}}[a]\n",
    "ttml": ttml('<p begin="1s" end="2.5s">[a]<br/>b</p>', '<p begin="3s" dur="1s">[b]</p>'),
    "json3": '{"events": [{"tStartMs": 1000, "dDurationMs": 1500, "segs": [{"utf8": "[a]"}]}]}',
    "srv1": '<transcript><text start="1" dur="1.5">[a]</text></transcript>',
    "srv3": '<timedtext format="3"><body><p t="1000" d="1500">[a]<s>b</s></p></body></timedtext>',
}


ODD = ["\0", "\ud800", "<", ">", "&", "{", "9" * 30, "-", "\n\n", "\u200f"]


def mutated(chance: random.Random, text: str) -> str:
    """Return a text with some of it cut, doubled, swapped or replaced."""
    letters = list(text)
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(letters) or 1)
        match chance.randrange(5):
            case 0:
                del letters[at : at + chance.randrange(1, 12)]
            case 1:
                letters[at:at] = letters[at : at + chance.randrange(1, 30)] * chance.randrange(1, 4)
            case 2:
                letters[at : at + 1] = chance.choice(ODD)
            case 3:
                letters[at:] = []
            case 4:
                letters[at:at] = chance.choice(list(SEEDS.values()))[: chance.randrange(40)]
    return "".join(letters)


@pytest.mark.parametrize("count", [400, pytest.param(10_000, marks=pytest.mark.drill)])
@pytest.mark.parametrize("suffix", sorted(SEEDS))
def test_no_mutation_raises_anything_of_its_own(suffix: str, count: int) -> None:
    chance = random.Random(suffix)
    tracks = 0
    for _ in range(count):
        try:
            track = READERS[suffix](mutated(chance, SEEDS[suffix]))
        except SubtitleError as error:
            assert error.detail
        else:
            tracks += 1
            assert all(isinstance(cue.text, str) and cue.text.encode() is not None for cue in track.cues)
    assert tracks > count // 20
