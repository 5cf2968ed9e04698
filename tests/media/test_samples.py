"""The cuts of the real sample videos, against their audio decoded straight from the beginning by FFmpeg alone."""

import csv
from functools import cache
from pathlib import Path

import av
import numpy as np
import pytest

from audsem_data.core.outcome import Done
from audsem_data.media.acoustics.measure import COLUMNS, measure
from audsem_data.media.mixdown import Samples

from .clips import cut, lag, sound

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples"
VIDEOS = sorted((SAMPLES / "videos").glob("*")) if SAMPLES.is_dir() else []
REACH = 3200  # 100 ms
TOLERATED = 320  # 10 ms

pytestmark = [pytest.mark.samples, pytest.mark.skipif(not VIDEOS, reason="the samples are not beside the checkout")]


@cache
def captions(video: str) -> tuple[tuple[int, int], ...]:
    with (SAMPLES / "truth.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["video_id"] == video]
    return tuple((int(row["start_ms"]), int(row["end_ms"])) for row in rows)


def straight(path: Path) -> Samples:
    """Decode everything, one sample after another, mixed and resampled by FFmpeg: mono at 32 kHz."""
    resampler = av.AudioResampler(format="fltp", layout="mono", rate=32_000)
    with av.open(path) as container:
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
    frames += resampler.resample(None)
    return np.concatenate([frame.to_ndarray()[0] for frame in frames]).astype(np.float32)


def test_there_are_42_captions() -> None:
    assert sum(len(captions(path.stem)) for path in VIDEOS) == 42


@pytest.mark.parametrize("path", VIDEOS, ids=lambda path: path.name)
def test_every_cut_is_exact(path: Path) -> None:
    whole = np.pad(straight(path), REACH)
    outcomes = cut(path, captions(path.stem))
    for (start, end), outcome in zip(captions(path.stem), outcomes, strict=True):
        assert isinstance(outcome, Done), outcome
        ours = sound(outcome)
        assert len(ours) == (end - start) * 32
        late, likeness = lag(ours, whole[start * 32 : end * 32 + 2 * REACH], REACH)
        assert abs(late) <= TOLERATED, f"{start} ms: {late / 32:+.3f} ms late, likeness {likeness:.4f}"
        assert likeness > 0.95
        assert outcome.rows[0]["padded_ms"] == 0
        assert set(outcome.files) == {"flac", "json", "mp4"}


@pytest.mark.parametrize("path", VIDEOS, ids=lambda path: path.name)
def test_every_cut_can_be_measured(path: Path) -> None:
    for outcome in cut(path, captions(path.stem)):
        facts = measure(sound(outcome), 32_000)
        assert list(facts) == [column.name for column in COLUMNS]
        numbers = [value for value in facts.values() if isinstance(value, int | float)]
        assert np.isfinite(numbers).all()
        assert facts["duration_s"] >= facts["longest_silence_s"] >= 0
        assert all(0 <= time <= facts["duration_s"] for time in facts["onsets_s"])
        assert facts["peak_dbfs"] >= facts["rms_dbfs"] - 0.01
