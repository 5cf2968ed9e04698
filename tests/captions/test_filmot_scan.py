"""The compiled scan of dumps gives exactly what a full parse gives: of plain, odd, broken and hostile objects."""

import gzip
import importlib
import itertools
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audsem_data.core.layout import Unit
from audsem_data.core.outcome import Outcome
from audsem_data.stages.ingest import tracks
from audsem_data.stages.ingest.ingest import IngestConfig, open_ingest
from audsem_data.subtitles import filmot, filmot_window

pytest.importorskip("numba", reason="the scan extra is not installed")

Found = tuple[list[tuple[str, Outcome]], list[dict[str, Any]]]


def ingest(path: Path, ranges: Sequence[tuple[int, int]], scanned: bool) -> Found:
    source = open_ingest.open(IngestConfig())
    fates, rows = [], []
    with pytest.MonkeyPatch.context() as patch:
        if not scanned:
            patch.setattr(tracks, "compiled_scan", lambda: None)
        for number, (begin, end) in enumerate(ranges):
            payload = {"kind": "dump", "path": str(path), "begin": begin, "end": end, "media": {}}
            for found in source.read(Unit(f"dump#{number}", "", payload, end - begin)):
                if isinstance(found, pa.Table):
                    rows += found.to_pylist()
                else:
                    fates.append(found)
    return fates, sorted(rows, key=lambda row: str(row["cue_id"]))


def compare(path: Path, data: bytes, block: int, cuts: Sequence[int] = ()) -> Found:
    """Compare what the scan and the full parse make of a dump, at its end and with more after it."""
    _compare(path, data + TAIL, block, cuts)  # where bytes are held ahead, usual cues take a shorter way
    return _compare(path, data, block, cuts)


def _compare(path: Path, data: bytes, block: int, cuts: Sequence[int] = ()) -> Found:
    path.write_bytes(data)
    places = sorted({0, *(cut for cut in cuts if 0 < cut < len(data)), len(data)})
    ranges = list(itertools.pairwise(places)) or [(0, 0)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(filmot_window, "BLOCK", block)
        fast, slow = ingest(path, ranges, True), ingest(path, ranges, False)
    assert fast == slow
    return fast


def cue(text: str, start: str = "1.5", length: str = "2") -> dict[str, str]:
    return {"t": text, "-start": start, "-dur": length}


def video(name: str, *cues: Any, lang: str = "en") -> dict[str, Any]:
    captions = [{"lang": lang, "subtitles": {"transcript": {"text": list(cues)}}}]
    return {"video": {"videoid": name}, "captions": captions}


PLAIN = video("v1", cue("[a]"), cue("b"), cue("(c) and {d}"), cue(" [ e ] "), cue("speech (", "3.25", "0.125"))
TAIL = b"\n" + json.dumps(video("tail", *[cue("some more words")] * 9)).encode()
TEXTS = (
    st.sampled_from(
        ["[door]", "(rain)", "{wind}", "a", "", " ", "[", "]", "\u266a", "&#91;x&#93;", "&lsqb;x&rsqb;"]
    )
    | st.sampled_from(
        ["<b>[x]</b>", "{\\an8}[y]", "\\N", "a\\N[b]", '"[q]"', "[\u00e9]", "\x00[z]", "[\n]", "\ud800[s]"]
    )
    | st.text(max_size=12)
    | st.text(st.sampled_from('ab [(]<&\n"\\/\u00e9'), min_size=50, max_size=150)
)
TIMES = st.sampled_from(
    ["0", "1.5", "2.25", "0.001", "1.0005", "-1", "1e2", "", " 3 ", "999999.999", "abc", "nan", "00.5", "0.000"]
) | st.sampled_from(
    [
        "12345.678",
        "123456.7",
        "1.",
        ".5",
        "1.2.3",
        "1..2",
        "12 34",
        "99999",
        "1234567890",
        "1.5\n",
        "-0.5",
        "0.0001",
    ]
)
ODD = st.sampled_from([None, 3, True, [], {}, "x", 1.5, {"t": "[in]"}, [[["[deep]"]]]])
CUES = st.builds(cue, TEXTS, TIMES, TIMES) | st.dictionaries(
    st.sampled_from(["t", "-start", "-dur", "extra", "\u0074"]), TEXTS | ODD, max_size=4
)
TRACKS = st.builds(
    lambda lang, text: {"lang": lang, "subtitles": {"transcript": {"text": text}}},
    st.sampled_from(["en", "en-US", "de", "", "e\\n", "\u0438"]),
    st.lists(CUES, max_size=5) | CUES | ODD,
)
VIDEOS = st.builds(
    lambda about, captions, more: {"video": about, "captions": captions, **more},
    st.builds(lambda name, more: {"videoid": name, **more}, st.text(max_size=5) | ODD, st.just({"title": "[t]"}))
    | ODD,
    st.lists(TRACKS | ODD, max_size=3) | ODD,
    st.dictionaries(st.sampled_from(["a", "b"]), ODD, max_size=2),
)
STYLES: list[dict[str, Any]] = [
    {},
    {"separators": (",", ":")},
    {"indent": 1},
    {"indent": 0},
    {"ensure_ascii": False},
    {"indent": "\t", "separators": (" , ", " : ")},
]


def dumped(videos: Sequence[Any], style: dict[str, Any], between: str) -> bytes:
    return between.join(json.dumps(one, **style) for one in videos).encode("utf-8", "surrogatepass")


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(VIDEOS, max_size=4),
    st.sampled_from(STYLES),
    st.sampled_from(["\n", "\n\n", " ", "", "\r\n", "\n x \n", "\n{\n", '\n{"', "\v\n"]),
    st.sampled_from([16, 100, 1 << 20]),
    st.lists(st.integers(0, 2000), max_size=2),
)
def test_random_dumps(
    tmp_path: Path, videos: list[Any], style: dict[str, Any], between: str, block: int, cuts: list[int]
) -> None:
    compare(tmp_path / "dump.json", dumped(videos, style, between), block, cuts)


@pytest.mark.parametrize("style", STYLES, ids=str)
def test_a_dump_that_is_cut_at_any_byte(tmp_path: Path, style: dict[str, Any]) -> None:
    data = dumped([video("v0", cue("[z]")), PLAIN], style, "\n")
    for end in range(len(data)):
        compare(tmp_path / "dump.json", data[:end], 64)


def test_mutated_bytes(tmp_path: Path) -> None:
    choose = random.Random(5)
    base = dumped([video("v0", cue("[z]"), cue("\\u005bq]"), lang="en-GB"), PLAIN, PLAIN], {}, "\n")
    for _ in range(400):
        data = bytearray(base)
        for _ in range(choose.randint(1, 3)):
            place = choose.randrange(len(data))
            data[place : place + choose.randint(0, 2)] = choose.choice(
                [b"", b"\n", b"{", b"}", b'"', b"\\", b"[", b",", b"\\u005b", b"\xff", b"0", b"\n{\n"]
            )
        compare(tmp_path / "dump.json", bytes(data), choose.choice([32, 1 << 20]))


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ('{"t": "\\u005bx\\u005d", "-start": "1", "-dur": "1"}', ["[x]"]),
        ('{"t": "a", "t": "[b]", "-start": "1", "-dur": "1"}', ["[b]"]),
        ('{"\\u0074": "[b]", "-start": "1", "-dur": "1"}', ["[b]"]),
        ('{"-dur": "1", "x": {"t": "[no]"}, "-start": "1", "t": "[yes]"}', ["[yes]"]),
        ('{"t": "he said \\"{\\" and \\"}\\"", "-start": "1", "-dur": "1"}', ['he said "{" and "}"']),
        ('{"t": "}{", "-start": "1", "-dur": "1"}', ["}{"]),
        ('{"t": "[x]", "-start": 1, "-dur": 1.5}', ["[x]"]),
        ('{"t": "[x]", "-start": "1", "-dur": "0"}', []),
    ],
)
def test_what_hides_a_bracket(tmp_path: Path, line: str, kept: list[str]) -> None:
    data = json.dumps(video("v", "HERE")).replace('"HERE"', f"{json.dumps(cue('z'))}, {line}").encode()
    _, rows = compare(tmp_path / "dump.json", data, 1 << 20)
    assert [row["text"] for row in rows] == kept


@pytest.mark.parametrize("style", [{}, {"separators": (",", ":")}], ids=["spaces", "no spaces"])
@pytest.mark.parametrize("text", ["a", "[a]", "a" * 200, 'a\n"b" c/d', "\u00e9t\u00e9 " * 20, "x" * 63 + "\n" * 3])
def test_usual_cues_take_the_shorter_way(text: str, style: dict[str, Any]) -> None:
    filmot_cue = importlib.import_module("audsem_data.subtitles.filmot_cue")
    data = json.dumps(cue(text, "1234.56", "0.5"), ensure_ascii=False, **style).encode()
    out = np.full((1, 10), -1)
    after, is_odd = filmot_cue.usual_cue(np.frombuffer(data + bytes(filmot_cue.AHEAD), np.uint8), 0, out, 0)
    assert (after, is_odd) == (len(data), "[" in text)
    assert (out[0, 0] >= 0) == is_odd


def test_plain_objects_are_really_scanned(tmp_path: Path) -> None:
    path = tmp_path / "dump.json"
    path.write_bytes(dumped([PLAIN] * 3, {}, "\n"))
    found = list(filmot.read_filmot(path, 0, None, filmot.compiled_scan()))
    assert [type(one) for one in found] == [filmot.Scanned]


@pytest.mark.parametrize("suffix", ["gz", "zst"])
def test_compressed_dumps(tmp_path: Path, suffix: str) -> None:
    data = dumped([PLAIN, video("v2", cue("[b]"))], {}, "\n")
    path = tmp_path / f"dump.jsonl.{suffix}"
    if suffix == "gz":
        half = data.index(b"\n") + 1  # two members, as `cat` of two archives makes
        path.write_bytes(gzip.compress(data[:half]) + gzip.compress(data[half:]))
    else:
        with pa.CompressedOutputStream(str(path), "zstd") as stream:
            stream.write(data)
    source = open_ingest.open(IngestConfig())
    [unit] = source.discover([str(path)], {})
    [*_, rows] = source.read(unit)
    assert sorted(rows["video_id"].to_pylist()) == ["v1", "v1", "v1", "v2"]
    path.write_bytes(path.read_bytes()[:-9])
    [unit] = source.discover([str(path)], {})
    fates = [found for found in source.read(unit) if not isinstance(found, pa.Table)]
    assert [str(outcome.reason) for _, outcome in fates if outcome.reason] == ["damaged"]
