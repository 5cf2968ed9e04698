"""A clip's picture is the one on screen at its time, whatever the container does with time; else it is missing."""

from pathlib import Path

import av
import pytest

from .clips import cut, verdicts
from .numbered import FPS, ffmpeg, number_in, numbers, write_numbered

INTERVALS = [(0, 3500), (1010, 3020), (3400, 5000), (8020, 9500), (9000, 11_000)]
SECONDS = 12


def shown(path: Path) -> list[tuple[float, int]]:
    """Return when the file shows which frame, decoded straight, one after another, from its beginning."""
    with av.open(path) as container:
        is_zero_based = container.format.name.split(",")[0] in ("mov", "matroska")
        zero = 0.0 if is_zero_based else (container.start_time or 0) / av.time_base
        return [
            (float(stamp * frame.time_base) - zero, number_in(frame.to_ndarray(format="rgb24")))
            for frame in container.decode(video=0)
            if (stamp := frame.dts if frame.pts is None else frame.pts) is not None and frame.time_base
        ]


def expected(frames: list[tuple[float, int]], interval: tuple[int, int]) -> dict[float, int]:
    """Return which frame a clip shows when: the last that was shown by then, and none outside of the video."""
    start, end = interval
    found = {}
    for time in (number / 2 for number in range(-(-(end - start) * 2 // 1000))):
        before = [number for shown_at, number in frames if shown_at <= start / 1000 + time + 1e-6]
        if before and start / 1000 + time < frames[-1][0] + 1 / FPS:
            found[time] = before[-1]
    return found


@pytest.mark.parametrize(
    ("name", "codec", "audio", "options"),
    [
        ("x.mp4", "libx264", "aac", {"g": "60"}),
        ("x.mkv", "libx264", "aac", {"g": "45", "bf": "3", "x264-params": "open-gop=1"}),
        ("x.mp4", "libx264", "aac", {"g": "900", "bf": "3"}),
        ("x.mov", "libx264", "pcm_s16le", {"g": "20", "bf": "2"}),
        ("x.webm", "libvpx-vp9", "libopus", {"g": "60", "deadline": "realtime", "cpu-used": "8"}),
        ("x.ts", "libx264", "aac", {"g": "60", "bf": "2"}),
        ("x.avi", "mpeg4", "mp3", {"g": "40", "bf": "2", "b": "2000000"}),
        ("x.avi", "libx264", "mp3", {"g": "40", "bf": "0"}),
        ("x.flv", "libx264", "aac", {"g": "60"}),
        ("x.mpg", "mpeg2video", "mp2", {"g": "15", "bf": "2", "b": "2000000"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_picture_is_the_one_on_screen(
    tmp_path: Path, name: str, codec: str, audio: str, options: dict[str, str]
) -> None:
    write_numbered(tmp_path / name, SECONDS, codec, audio, **options)
    outcomes = cut(tmp_path / name, INTERVALS)
    assert verdicts(outcomes) == ["done"] * len(INTERVALS)
    frames = shown(tmp_path / name)
    assert all(abs(time * FPS - number) < 2.5 for time, number in frames)
    for interval, outcome in zip(INTERVALS, outcomes, strict=True):
        assert numbers(outcome) == expected(frames, interval), interval
        row = outcome.rows[0]
        assert row["frames"] + row["frames_missing"] == -(-(interval[1] - interval[0]) * 2 // 1000)
        assert row["frames_missing"] <= (interval[0] == 0 and frames[0][0] > 0)


@pytest.mark.parametrize("gop", [40, 900])
@pytest.mark.parametrize("name", ["cut.mp4", "cut.mov"])
def test_a_file_cut_between_keyframes_shows_its_own_pictures(tmp_path: Path, name: str, gop: int) -> None:
    write_numbered(tmp_path / "whole.mp4", SECONDS, g=str(gop), bf="2", sc_threshold="0")
    ffmpeg("-ss", 5.0, "-i", tmp_path / "whole.mp4", "-c", "copy", tmp_path / name)
    frames = [(number / FPS, 5 * FPS + number) for number in range(7 * FPS)]
    intervals = [(0, 3500), (1300, 2800)]
    for interval, outcome in zip(intervals, cut(tmp_path / name, intervals), strict=True):
        assert numbers(outcome) == expected(frames, interval), interval


def test_a_clock_that_wraps_moves_no_picture(tmp_path: Path) -> None:
    write_numbered(tmp_path / "x.mp4", 24, g="60", bf="2")
    wraps = round((2**33 / 90_000 - 95_431) * 1000)
    ffmpeg("-i", tmp_path / "x.mp4", "-c", "copy", "-output_ts_offset", 95_431, tmp_path / "x.ts")
    intervals = [
        (500, 3900),
        (wraps - 1500, wraps + 2000),
        (18_000, 20_500),
    ]
    frames = shown(tmp_path / "x.ts")
    assert all(abs(time * FPS - number) < 1.5 for time, number in frames)
    for interval, outcome in zip(intervals, cut(tmp_path / "x.ts", intervals), strict=True):
        assert numbers(outcome) == expected(frames, interval), interval


def test_pictures_before_a_video_begins_and_after_it_ends_are_missing(tmp_path: Path) -> None:
    write_numbered(tmp_path / "x.mp4", SECONDS, g="30")
    ffmpeg("-i", tmp_path / "x.mp4", "-t", 4, "-an", "-c", "copy", tmp_path / "short.mp4")
    ffmpeg(
        "-i", tmp_path / "x.mp4", "-itsoffset", 2.2, "-i", tmp_path / "short.mp4",
        "-map", "0:a", "-map", "1:v", "-c", "copy", tmp_path / "late.mkv",
    )  # fmt: skip
    before, begins, within, ends, after = cut(
        tmp_path / "late.mkv", [(0, 2000), (1000, 3000), (3000, 4000), (5000, 8000), (8000, 9000)]
    )
    assert numbers(before) == numbers(after) == {}
    assert [outcome.rows[0]["no_video"] for outcome in (before, after)] == ["video_not_begun", "video_ended"]
    assert numbers(begins) == {1.5: 9}
    assert numbers(within) == {0.0: 24, 0.5: 39}
    assert numbers(ends) == {0.0: 84, 0.5: 99, 1.0: 114}
    assert [outcome.rows[0]["frames_missing"] for outcome in (begins, within, ends)] == [3, 0, 3]
    assert [outcome.rows[0]["frames"] for outcome in (begins, within, ends)] == [1, 2, 3]


def test_a_video_that_begins_between_keyframes_is_missing_until_the_first(tmp_path: Path) -> None:
    write_numbered(tmp_path / "x.ts", SECONDS, g="60")
    data = (tmp_path / "x.ts").read_bytes()
    packets = len(data) // 188
    (tmp_path / "cut.ts").write_bytes(data[: 188 * 3] + data[round(packets * 0.37) * 188 :])
    frames = shown(tmp_path / "cut.ts")
    assert frames[0][0] > 0.5
    [outcome] = cut(tmp_path / "cut.ts", [(0, 4000)])
    assert numbers(outcome) == expected(frames, (0, 4000))
    assert outcome.rows[0]["frames_missing"] == len([time for time in range(8) if time / 2 < frames[0][0]])


@pytest.mark.parametrize(
    ("aspect", "no_video"), [("60", "video_unencodable"), ("100", "video_unencodable"), ("4/3", None)]
)
def test_pixels_of_a_shape_that_no_encoder_takes_cost_the_video_and_no_sound(
    tmp_path: Path, aspect: str, no_video: str | None
) -> None:
    write_numbered(tmp_path / "x.mp4", 3)
    ffmpeg("-i", tmp_path / "x.mp4", "-vf", f"scale=640:360,setsar={aspect}", "-c:a", "copy", tmp_path / "wide.mp4")
    [outcome] = cut(tmp_path / "wide.mp4", [(500, 2500)])
    assert verdicts([outcome]) == ["done"]
    assert outcome.rows[0]["no_video"] == no_video
    assert outcome.rows[0]["has_video"] is (no_video is None)
    assert outcome.rows[0]["samples"] == 2000 * 32


@pytest.mark.parametrize("place", [0.31, 0.47, 0.66])
@pytest.mark.parametrize("name", ["x.ts", "x.mp4", "x.mkv"])
def test_after_damage_no_picture_is_another(tmp_path: Path, name: str, place: float) -> None:
    """A long GOP loses a stretch: what is shown is right, and what follows until a keyframe is not shown."""
    write_numbered(tmp_path / name, SECONDS, g="90", bf="2", sc_threshold="0")
    frames = shown(tmp_path / name)
    data = bytearray((tmp_path / name).read_bytes())
    begin = round(len(data) * place) // 188 * 188
    end = begin + 188 * 60
    data[begin:end] = b"" if name == "x.ts" else bytes(end - begin)
    (tmp_path / name).write_bytes(data)
    intervals = [(start, start + 900) for start in range(0, 11_000, 500)]
    lacking = 0
    for interval, outcome in zip(intervals, cut(tmp_path / name, intervals), strict=True):
        if outcome.reason:
            continue
        lacking += outcome.rows[0]["no_video"] == "video_damaged"
        wanted = expected(frames, interval)
        assert all(number == wanted[time] for time, number in numbers(outcome).items()), interval
    if name == "x.ts":
        assert lacking


def test_frames_that_come_at_uneven_times_stay_until_the_next(tmp_path: Path) -> None:
    """As screen recordings and slides are: a picture for 3.7 seconds, then thirty a second, then one for two."""
    write_numbered(tmp_path / "x.mkv", SECONDS, g="60")
    uneven = "select='eq(n,0)+between(n,110,200)+eq(n,260)+gte(n,330)'"
    ffmpeg(
        "-i", tmp_path / "x.mkv", "-vf", uneven, "-fps_mode", "vfr", "-c:v", "libx264", "-g", 40, "-c:a", "copy",
        tmp_path / "uneven.mkv",
    )  # fmt: skip
    frames = shown(tmp_path / "uneven.mkv")
    assert len(frames) < 160
    for interval, outcome in zip(INTERVALS, cut(tmp_path / "uneven.mkv", INTERVALS), strict=True):
        assert numbers(outcome) == expected(frames, interval), interval
        assert outcome.rows[0]["frames_missing"] == 0
