"""Hostile media: bounded in time and memory, each with its reason, and the next file is worked on as ever."""

import random
import struct
import sys
import time
from pathlib import Path

import av
import pytest

from audsem_data.core.outcome import Done
from audsem_data.media.reasons import MediaReason
from audsem_data.stages.acquire.standardize import StandardizeConfig, open_standardize

from .clips import item, verdicts
from .source import Made, write

INTERVALS = [(0, 1000), (1500, 2500)]
REASONS = {str(reason) for reason in MediaReason} | {"done"}
FILES = {"x.mp4": Made(seconds=3), "x.mkv": Made("libopus", seconds=3), "x.wav": Made("pcm_s16le", False, 3)}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    for name, made in FILES.items():
        write(folder / name, made)
    return folder


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("count", [100, pytest.param(2000, marks=pytest.mark.drill)])
def test_mutated_files_cost_little_and_never_the_worker(name: str, count: int, whole: Path, tmp_path: Path) -> None:
    """Flip, cut, repeat and zero pieces of a good file, mostly in its headers."""
    good = (whole / name).read_bytes()
    chance = random.Random(f"{name} {count}")
    process = open_standardize.open(StandardizeConfig(budget_s=20))
    process([item(whole / name, *INTERVALS[0])])
    for number in range(count):
        path = tmp_path / name
        path.write_bytes(_mutated(good, chance))
        begun = time.monotonic()
        outcomes = process([item(path, *interval) for interval in INTERVALS])
        assert time.monotonic() - begun < 25, f"mutation {number}"
        assert set(verdicts(outcomes)) <= REASONS
        for outcome in outcomes:
            if isinstance(outcome, Done):
                assert outcome.rows[0]["samples"] == 32_000
    assert verdicts(process([item(whole / name, *INTERVALS[0])])) == ["done"]


def _mutated(good: bytes, chance: random.Random) -> bytes:
    data = bytearray(good)
    for _ in range(chance.randrange(1, 6)):
        reach = chance.choice([64, 4096, len(data)])
        place = chance.randrange(min(reach, len(data)))
        size = chance.choice([1, 2, 4, 64])
        match chance.randrange(4):
            case 0:
                data[place : place + size] = chance.randbytes(size)
            case 1:
                data[place : place + size] = b"\xff" * size
            case 2:
                del data[place : place + size]
            case 3:
                data[place:place] = data[place : place + size]
    return bytes(data)


def test_what_takes_too_long_is_stopped(whole: Path) -> None:
    process = open_standardize.open(StandardizeConfig(budget_s=0.05))
    outcomes = process([item(whole / "x.mp4", *interval) for interval in INTERVALS])
    assert verdicts(outcomes) == ["timed_out"] * 2
    assert {outcome.status for outcome in outcomes} == {"failed_permanent"}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds a process's memory")
def test_what_wants_too_much_memory_is_stopped(tmp_path: Path) -> None:
    _write_8k(tmp_path / "x.mkv")
    tight = open_standardize.open(StandardizeConfig(memory_bytes=56 << 20, silent_below_dbfs=-200))
    assert verdicts(tight([item(tmp_path / "x.mkv", 0, 800)]))[0] in {"crashed", "corrupt"}
    write(tmp_path / "y.mkv", Made(seconds=1))
    assert verdicts(tight([item(tmp_path / "y.mkv", 0, 800)])) == ["done"]


def _write_8k(path: Path) -> None:
    """Write a second of silence under four pictures, each of 50 MB when decoded."""
    with av.open(path, "w") as container:
        audio = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        video = container.add_stream("libx264", rate=4, options={"preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = 7680, 4320, "yuv420p"
        for number in range(4):
            picture = av.VideoFrame(7680, 4320, "yuv420p")
            picture.pts = number
            container.mux(video.encode(picture))
        container.mux(video.encode(None))
        sound = av.AudioFrame(format="s16", layout="mono", samples=8000)
        sound.sample_rate, sound.pts = 8000, 0
        container.mux(audio.encode(sound))


def test_a_file_that_says_it_lasts_ten_hours_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    write(path, Made("pcm_s16le", video=False, seconds=3))
    data = bytearray(path.read_bytes())
    at = data.index(b"data") + 4
    data[at : at + 4] = struct.pack("<I", 0x7FFFFFFF)
    path.write_bytes(data)
    begun = time.monotonic()
    outcomes = open_standardize.open(StandardizeConfig())([item(path, 0, 1000), item(path, 36_000_000, 36_001_000)])
    assert verdicts(outcomes) == ["done", "truncated"]
    assert time.monotonic() - begun < 10


def test_a_thousand_streams_are_turned_away_unread(tmp_path: Path) -> None:
    path = tmp_path / "x.mov"
    with av.open(path, "w") as container:
        streams = [container.add_stream("pcm_s16le", rate=8000, layout="mono") for _ in range(1000)]
        for stream in streams:
            frame = av.AudioFrame(format="s16", layout="mono", samples=800)
            frame.sample_rate, frame.pts = 8000, 0
            container.mux(stream.encode(frame))
    begun = time.monotonic()
    outcomes = open_standardize.open(StandardizeConfig())([item(path, 0, 500)])
    assert verdicts(outcomes) == ["too_many_streams"]
    assert time.monotonic() - begun < 20
