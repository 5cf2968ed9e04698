"""A sample rate that changes inside a file, and samples that are no numbers."""

from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from audsem_data.core.outcome import Done
from audsem_data.media.mixdown import Samples, to_mono
from audsem_data.media.resample import StreamResampler, resample

from .clips import cut, lag, sound, verdicts
from .source import Made, noise, write

REACH = 3200
INTERVALS = [(1000, 3000), (5500, 8500), (8000, 10_000), (14_000, 17_000)]


def decoded(path: Path) -> Samples:
    """Decode everything and resample each stretch of one rate by itself: mono at 32 kHz, one behind the other."""
    stretches: list[tuple[int, list[Samples]]] = []
    with av.open(path) as container:
        for packet in container.demux(audio=0):
            try:
                frames = container.streams.audio[0].decode(packet)
            except (av.error.InvalidDataError, av.error.EOFError):
                continue
            for frame in frames:
                if not stretches or stretches[-1][0] != frame.sample_rate:
                    stretches.append((frame.sample_rate, []))
                stretches[-1][1].append(to_mono(frame))
    assert [rate for rate, _ in stretches] == [48_000, 44_100]
    return np.concatenate([resample(np.concatenate(pieces), rate, 32_000) for rate, pieces in stretches])


@pytest.mark.parametrize(
    ("name", "codec", "lost"), [("x.mp3", "libmp3lame", 768), ("x.aac", "aac", 0), ("x.ts", "mp2", 0)]
)
def test_a_rate_that_changes_costs_no_clip(tmp_path: Path, name: str, codec: str, lost: int) -> None:
    """MP3's first frame after the change needs bits of the one before: it is lost, with the clip that holds it."""
    first, second = tmp_path / f"a{name[1:]}", tmp_path / f"b{name[1:]}"
    write(first, Made(codec, video=False, seconds=7))
    write(second, Made(codec, video=False, seconds=12, rate=44_100), noise(12, 44_100)[:, ::-1].copy())
    (tmp_path / name).write_bytes(first.read_bytes() + second.read_bytes())
    whole = np.pad(decoded(tmp_path / name), REACH)
    outcomes = cut(tmp_path / name, INTERVALS)
    assert verdicts(outcomes) == ["done", "corrupt" if lost else "done", "done", "done"]
    for (start, end), outcome in zip(INTERVALS, outcomes, strict=True):
        if isinstance(outcome, Done):
            found, likeness = lag(sound(outcome), whole[start * 32 : end * 32 + 2 * REACH], REACH)
            assert found == (lost if start > 7000 else 0)
            assert likeness > 0.97
            assert outcome.rows[0]["source_rate"] == (44_100 if start > 7000 else 48_000)


@pytest.mark.parametrize(("rate", "new"), [(44_100, 48_000), (48_000, 44_100), (8_000, 48_000), (48_000, 48_000)])
def test_a_stream_is_resampled_as_the_whole_is(rate: int, new: int) -> None:
    whole = noise(2, rate, 1)[0]
    stream, pieces = StreamResampler(rate, new), []
    for start in range(0, len(whole), 1152):
        pieces.append(stream.take(whole[start : start + 1152]))
        assert sum(map(len, pieces)) + stream.pending == round(min(start + 1152, len(whole)) * new / rate)
    pieces.append(stream.flush())
    assert stream.pending == 0
    assert np.abs(np.concatenate(pieces) - resample(whole, rate, new)).max() < 1e-5


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_cost_their_clips_and_are_counted(tmp_path: Path, value: float) -> None:
    samples = noise(8, 48_000).T.copy()
    samples[96_000:96_100, 1] = value
    soundfile.write(tmp_path / "x.wav", samples, 48_000, subtype="FLOAT")
    outcomes = cut(tmp_path / "x.wav", [(0, 1500), (1500, 2500), (2010, 4000), (1000, 2001)])
    assert verdicts(outcomes) == ["done", "not_finite", "done", "not_finite"]
    assert "100 of 48000 samples" in str(outcomes[1])
    assert "48 of 48048 samples" in str(outcomes[3])
    beside = sound(outcomes[2])
    wanted = resample(samples[96_480:].mean(axis=1, dtype=np.float32), 48_000, 32_000)[: len(beside)]
    assert np.abs(beside[640:] - wanted[640:]).max() < 1e-3
