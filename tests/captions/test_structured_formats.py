"""YouTube's json3 and srv1, srv2, srv3."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audsem_data.subtitles.cue import Cue, Track
from audsem_data.subtitles.json3 import read_json3
from audsem_data.subtitles.reasons import SubtitleError
from audsem_data.subtitles.srv import read_srv

CUE = Cue(470, 3392, "[a & b]\n[c]", 0)


def _event(**values: Any) -> dict[str, Any]:
    return {"tStartMs": 470, "dDurationMs": 2922, "segs": [{"utf8": "[a & b]\n"}, {"utf8": "[c]"}], **values}


def test_json3() -> None:
    events = [{"tStartMs": 0, "id": 1, "wpWinPosId": 1}, _event(), _event(dDurationMs="x"), {"segs": []}, 7]
    assert read_json3(json.dumps({"wireMagic": "pb3", "events": events})) == Track((CUE,), damaged=3)


@pytest.mark.parametrize(
    "root",
    [{"kind": "asr", "events": [_event()]}, {"events": [_event(segs=[{"utf8": "a", "acAsrConf": 0}])]}],
)
def test_json3_of_speech_recognition(root: dict[str, Any]) -> None:
    assert read_json3(json.dumps(root)).automatic


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"events": 3}', "[" * 100_000, "null"])
def test_no_json3(text: str) -> None:
    with pytest.raises(SubtitleError):
        read_json3(text)


HEAD = '<?xml version="1.0" encoding="utf-16" ?>'


@pytest.mark.parametrize(
    "text",
    [
        '<transcript><text start="0.47" dur="2.922">[a &amp;amp; b]&lt;br/&gt;[c]</text></transcript>',
        '<timedtext><window id="1" t="0"/><text t="470" d="2922">[a &amp;amp; b]\n[c]</text></timedtext>',
        '<timedtext><head><pen/></head><body><p t="470" d="2922">[a &amp; b]<br/>[c]</p></body></timedtext>',
        '<timedtext><body><p t="470" d="2922"><s>[a &amp; b]\n</s><s p="1">[c]</s></p></body></timedtext>',
    ],
)
def test_srv(text: str) -> None:
    assert read_srv(text) == Track((CUE,))
    assert read_srv(HEAD + text) == Track((CUE,))  # the declaration speaks of bytes that are text already


def test_srv_damage_is_counted_and_a_broken_end_keeps_the_rest() -> None:
    whole = '<p t="470" d="2922">[a &amp; b]\n[c]</p>'
    assert read_srv(f'<timedtext><body><p t="1">x</p><p d="y" t="1"/>{whole}</body></timedtext>').damaged == 2
    assert read_srv(f"<timedtext><body>{whole}<p t='5' d='1'>[brok") == Track((CUE,), damaged=1)


@pytest.mark.parametrize(
    "text",
    [
        '<transcript kind="asr"><text start="0" dur="1">a</text></transcript>',
        '<timedtext><body><p t="0" d="1"><s ac="248">a</s></p></body></timedtext>',
    ],
)
def test_srv_of_speech_recognition(text: str) -> None:
    assert read_srv(text).automatic


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no xml",
        "<a/>",
        '<!DOCTYPE t [<!ENTITY a "b">]><transcript><text start="1" dur="1">&a;</text></transcript>',
    ],
)
def test_no_srv(text: str) -> None:
    with pytest.raises(SubtitleError):
        read_srv(text)


@given(st.lists(st.tuples(st.integers(0, 10**8), st.integers(1, 10**5)), min_size=1, max_size=8))
def test_all_formats_agree(times: list[tuple[int, int]]) -> None:
    json3 = {"events": [{"tStartMs": s, "dDurationMs": d, "segs": [{"utf8": "[a]"}]} for s, d in times]}
    srv1 = "".join(f'<text start="{s / 1000}" dur="{d / 1000}">[a]</text>' for s, d in times)
    srv3 = "".join(f'<p t="{s}" d="{d}">[a]</p>' for s, d in times)
    track = read_json3(json.dumps(json3))
    assert [cue[:2] for cue in track.cues] == [(s, s + d) for s, d in times]
    assert track == read_srv(f"<transcript>{srv1}</transcript>") == read_srv(f"<timedtext>{srv3}</timedtext>")
