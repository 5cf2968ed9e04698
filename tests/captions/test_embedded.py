"""Subtitle streams inside media files."""

from fractions import Fraction
from pathlib import Path

import av
import pytest

from audsem_data.subtitles.cue import Cue, Track
from audsem_data.subtitles.embedded import read_embedded

from .driver import Ingest

CUES = [(470, 2922, "<i>[fire crackling]</i>"), (5000, 1000, "two\nlines")]
TRACK = Track((Cue(470, 3392, "[fire crackling]", 0), Cue(5000, 6000, "two\nlines", 1)))


def _write(path: Path, codec: str, *languages: str) -> Path:
    """Write a file with a subtitle stream for every language."""
    with av.open(str(path), "w") as container:
        streams = [container.add_mux_stream(codec) for _ in languages]
        for stream, language in zip(streams, languages, strict=True):
            stream.time_base = Fraction(1, 1000)
            stream.metadata["language"] = language
        for start, duration, text in CUES:
            for stream in streams:
                data = text.encode()
                packet = av.Packet(len(data).to_bytes(2, "big") + data if codec == "mov_text" else data)
                packet.pts = packet.dts = start
                packet.duration, packet.time_base, packet.stream = duration, Fraction(1, 1000), stream
                container.mux(packet)
    return path


@pytest.mark.parametrize(("suffix", "codec"), [("mkv", "subrip"), ("webm", "webvtt"), ("mp4", "mov_text")])
def test_text_streams_are_read(suffix: str, codec: str, tmp_path: Path) -> None:
    path = _write(tmp_path / f"v.{suffix}", codec, "eng", "spa")
    assert read_embedded(path) == [("eng", TRACK), ("spa", TRACK)]


@pytest.mark.parametrize("data", [b"", b"no media", b"\x1aE\xdf\xa3" + bytes(500)])
def test_what_is_no_media_has_no_streams(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "v.mkv").write_bytes(data)
    assert read_embedded(tmp_path / "v.mkv") == []


def test_a_file_that_breaks_off_keeps_what_was_whole(tmp_path: Path) -> None:
    path = _write(tmp_path / "v.mkv", "subrip", "eng")
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"two\nlines") + 3])
    ((_, track),) = read_embedded(path)
    assert track.cues[0] == TRACK.cues[0]


def test_ingest_reads_them_unless_a_file_captions_the_video(tmp_path: Path, ingest: Ingest) -> None:
    path = _write(tmp_path / "v.mkv", "subrip", "eng", "spa")
    outcomes = {key.split("-")[0]: outcome for key, outcome in ingest(tmp_path).items()}
    assert {key: str(outcome.reason or outcome.status) for key, outcome in outcomes.items()} == {
        "v/en": "done",
        "v/es": "other_language",
    }
    assert [(row["text"], row["media"]) for row in outcomes["v/en"].rows] == [("[fire crackling]", str(path))]
    (tmp_path / "v.en.srt").write_text("1\n00:00:01,000 --> 00:00:03,000\n(b)\n", encoding="utf-8")
    (sidecar,) = ingest(tmp_path).values()
    assert [row["text"] for row in sidecar.rows] == ["(b)"]
