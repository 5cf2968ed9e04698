"""Files put end to end play on: what follows where the clock runs back is where players and ffmpeg have it."""

from pathlib import Path

import av
import numpy as np
import pytest

from .clips import cut, lag, sound, verdicts
from .numbered import FPS, ffmpeg, numbers, write_numbered
from .source import Made, noise, write
from .test_samples import straight

REACH = 3200
INTERVALS = [(3000, 4500), (6200, 8000), (7400, 9000), (16_000, 18_500)]


def joined(path: Path, made: Made) -> Path:
    """Write a file of seven seconds, and behind it one of twelve with other sound."""
    sound = noise(20, made.rate)
    first, second = (path.with_name(f"{name}{path.suffix}") for name in "ab")
    write(first, made, sound[:, : 7 * made.rate])
    write(second, Made(**{**vars(made), "seconds": 12}), sound[:, 7 * made.rate :])
    path.write_bytes(first.read_bytes() + second.read_bytes())
    return path


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("x.ts", Made("aac", seconds=7)),
        ("x.ts", Made("mp2", video=False, seconds=7)),
        ("x.mpg", Made("mp2", seconds=7)),
        ("x.opus", Made("libopus", video=False, seconds=7)),
        ("x.flac", Made("flac", video=False, seconds=7)),
        ("x.mkv", Made("aac", seconds=7)),
        ("x.webm", Made("libopus", video=False, seconds=7)),
    ],
    ids=lambda value: value if isinstance(value, str) else str(value.codec),
)
def test_the_sound_goes_on_as_ffmpeg_decodes_it(tmp_path: Path, name: str, made: Made) -> None:
    path = joined(tmp_path / name, made)
    with av.open(path) as container:
        stream = container.streams.audio[0]
        assert stream.time_base
        late = (stream.start_time or 0) * stream.time_base - (container.start_time or 0) / av.time_base
    whole = np.pad(straight(path), (REACH + round(late * 32_000), REACH))
    outcomes = cut(path, INTERVALS)
    assert verdicts(outcomes) == ["done"] * len(INTERVALS)
    for (start, end), outcome in zip(INTERVALS, outcomes, strict=True):
        found, likeness = lag(sound(outcome), whole[start * 32 : end * 32 + 2 * REACH], REACH)
        assert abs(found) <= 33, f"{start} ms: {found / 32:+.3f} ms"  # some containers hold whole milliseconds
        assert likeness > 0.97
        assert outcome.rows[0]["padded_ms"] == 0
    assert verdicts(cut(path, [(18_500, 19_500)])) == ["past_end"]


def test_pictures_go_on_with_the_sound(tmp_path: Path) -> None:
    write_numbered(tmp_path / "a.ts", 7, g="60", bf="2")
    write_numbered(tmp_path / "b.ts", 12, g="60", bf="2")
    (tmp_path / "x.ts").write_bytes((tmp_path / "a.ts").read_bytes() + (tmp_path / "b.ts").read_bytes())
    for interval, outcome in zip(INTERVALS, cut(tmp_path / "x.ts", INTERVALS), strict=True):
        found = numbers(outcome)
        assert len(found) == outcome.rows[0]["frames"] == -(-(interval[1] - interval[0]) * 2 // 1000)
        for time, number in found.items():
            at = interval[0] / 1000 + time
            assert abs((at - 7 if at >= 7.1 else at) - number / FPS) < 0.1


def test_one_wild_time_moves_nothing(tmp_path: Path) -> None:
    whole = write(tmp_path / "x.ts", Made("mp2", video=False, seconds=8))
    data = bytearray((tmp_path / "x.ts").read_bytes())
    places = [place for place in range(len(data)) if data[place : place + 4] == b"\0\0\1\xc0"]
    place = places[len(places) // 2] + 9
    data[place : place + 5] = bytes([0x21, 0, 1, 0, 1])  # a time of zero
    (tmp_path / "x.ts").write_bytes(data)
    outcomes = cut(tmp_path / "x.ts", [(1000, 2000), (6000, 7500)])
    assert verdicts(outcomes) == ["done"] * 2
    reference = np.pad(straight(tmp_path / "x.ts"), REACH)
    assert whole.shape[1] == 8 * 48_000
    for (start, end), outcome in zip([(1000, 2000), (6000, 7500)], outcomes, strict=True):
        found, likeness = lag(sound(outcome), reference[start * 32 : end * 32 + 2 * REACH], REACH)
        assert (found, likeness > 0.97) == (0, True)


def test_after_a_clock_that_is_set_ahead_nothing_is_placed(tmp_path: Path) -> None:
    write_numbered(tmp_path / "a.ts", 7)
    ffmpeg("-i", tmp_path / "a.ts", "-c", "copy", "-output_ts_offset", 3600, tmp_path / "b.ts")
    (tmp_path / "x.ts").write_bytes((tmp_path / "a.ts").read_bytes() + (tmp_path / "b.ts").read_bytes())
    found = verdicts(cut(tmp_path / "x.ts", [(5000, 6500), (6500, 8000), (8000, 9000), (3_602_000, 3_603_000)]))
    assert found == ["done", "clock_jumps", "clock_jumps", "clock_jumps"]
