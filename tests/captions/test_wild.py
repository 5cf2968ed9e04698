"""Subtitle files as they occur: every one, the malformed ones included, has an outcome and raises nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from audsem_data.core.outcome import Filtered
from audsem_data.subtitles.reader import READERS, read_subtitles
from audsem_data.subtitles.reasons import SubtitleError

from .driver import Ingest

WILD = Path(__file__).resolve().parents[3] / "shared" / "samples" / "wild_subtitles"
pytestmark = [pytest.mark.samples, pytest.mark.skipif(not WILD.is_dir(), reason="no wild subtitles here")]


def test_ingest_reads_the_whole_folder(ingest: Ingest) -> None:
    outcomes = ingest(WILD)
    files = [(path, path.suffix.lower().lstrip(".")) for path in WILD.rglob("*") if path.is_file()]
    subtitles = [p for p, suffix in files if suffix in READERS or (suffix == "xml" and b"<tt" in p.read_bytes())]
    unsupported = [
        o for o in outcomes.values() if isinstance(o, Filtered) and o.reason.value == "unsupported_format"
    ]
    assert len(outcomes) == len(subtitles) + len(unsupported)
    failed = sorted(key.split("/")[0] for key, outcome in outcomes.items() if outcome.status.startswith("failed"))
    assert failed == [
        f"tests__subtitles__{name}" for name in ("empty", "invalid_format", "invalid_format2", "invalid_format3")
    ]


@pytest.mark.parametrize("suffix", sorted(READERS))
def test_any_file_read_as_any_format_gives_a_track_or_a_reason(suffix: str) -> None:
    for path in sorted(WILD.rglob("*")):
        if path.is_file():
            try:
                track = read_subtitles(path, suffix)
            except SubtitleError as error:
                assert error.detail
            else:
                assert track.cues or not track.damaged


def test_every_difference_from_other_readers_is_explained_in_the_docs() -> None:
    """pysubs2, webvtt-py and yt-dlp's converters on every file: docs/subtitles.md has the table, as of now."""
    script = Path(__file__).resolve().parents[2] / "docs" / "compare_readers.py"
    made = subprocess.run([sys.executable, script, WILD], capture_output=True, text=True, check=True).stdout
    assert "UNEXPLAINED" not in made
    assert made.strip() in (script.parent / "subtitles.md").read_text(encoding="utf-8")


def test_the_same_subtitles_in_two_formats_give_the_same_cues() -> None:
    srt = read_subtitles(WILD / "pycaption" / "examples__example.srt", "srt")
    vtt = read_subtitles(WILD / "pycaption" / "examples__example.vtt", "vtt")
    assert len(srt.cues) > 100
    assert [cue[:2] for cue in srt.cues] == [cue[:2] for cue in vtt.cues]
