"""Clips are cut to the sample, on the source's own timeline, whatever the container and codec do with it."""

import hashlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from audsem_data.core.outcome import Done
from audsem_data.core.schema import arrow_schema
from audsem_data.media.resample import context, resample
from audsem_data.stages.acquire.standardize import EMITS, StandardizeConfig

from .clips import cut, grays, lag, sound, verdicts
from .source import Made, noise, number_of, write

INTERVALS = [(0, 1500), (40, 1041), (1233, 3777), (2000, 3000), (6001, 8000)]
REACH = 1000


def expected(
    made: Made, sound: np.typing.NDArray[np.float32], interval: tuple[int, int]
) -> np.typing.NDArray[np.float32]:
    """Return what a clip should hold, with REACH samples more on either side, at 32 kHz."""
    full = resample(sound.mean(axis=0, dtype=np.float32), made.rate, 32_000)
    shifted = np.pad(full, (REACH + round(made.offset_s * 32_000), 10 * 32_000))
    start, end = interval
    return np.asarray(shifted[start * 32 : end * 32 + 2 * REACH])


@pytest.mark.parametrize(
    ("name", "made", "late"),
    [
        ("a.mp4", Made("aac"), 0),
        ("a.mkv", Made("aac"), 0),
        ("b.mkv", Made("libopus"), 0),
        ("c.mkv", Made("pcm_s16le", rate=44_100), 0),
        ("mono.mp4", Made("aac", layout="mono", rate=44_100), 0),
        ("late.mp4", Made("aac", offset_s=0.5), -21),  # its edit list is in whole milliseconds
        ("late.mkv", Made("aac", offset_s=0.4), 0),
        ("sound.flac", Made("flac", video=False), 0),
        ("sound.wav", Made("pcm_s16le", video=False, rate=22_050), 0),
        ("low.wav", Made("pcm_u8", video=False, rate=11_025), 0),
        ("deep.wav", Made("pcm_s24le", video=False, rate=96_000), 0),
        ("sound.ogg", Made("libopus", video=False), 0),
        ("sound.mp3", Made("libmp3lame", video=False, rate=44_100), 0),
        ("live.ts", Made("aac"), 683),  # which cannot say that its first 1024 samples are priming
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_clips_lie_where_the_source_has_them(tmp_path: Path, name: str, made: Made, late: int) -> None:
    source = write(tmp_path / name, made)
    outcomes = cut(tmp_path / name, INTERVALS)
    assert verdicts(outcomes) == ["done"] * len(INTERVALS)
    for interval, outcome in zip(INTERVALS, outcomes, strict=True):
        ours = sound(outcome)
        assert len(ours) == (interval[1] - interval[0]) * 32
        found, likeness = lag(ours, expected(made, source, interval), REACH)
        assert found == late, (interval, likeness)
        assert likeness > 0.97
        assert outcome.rows[0]["has_video"] is made.video


def test_lossless_source_comes_out_bit_for_bit(tmp_path: Path) -> None:
    made = Made("pcm_f32le", video=False, rate=32_000, layout="mono")
    source = write(tmp_path / "x.wav", made)
    [outcome] = cut(tmp_path / "x.wav", [(1001, 2345)])
    wanted = np.rint(source[0, 1001 * 32 : 2345 * 32] * 32768) / 32768
    assert np.array_equal(sound(outcome), wanted.astype(np.float32))


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_100, 48_000, 96_000])
def test_a_cut_equals_the_same_part_of_the_whole_resampled(rate: int) -> None:
    whole = noise(4, rate, 1)[0]
    around = context(1233, 2711, rate, 32_000)
    clip = around.cut(whole[around.begin : around.end], rate, 32_000)
    assert np.abs(clip - resample(whole, rate, 32_000)[1233 * 32 : 2711 * 32]).max() < 1e-7


def test_mono_is_the_mean_of_the_channels(tmp_path: Path) -> None:
    left = noise(2, 32_000, 1)
    write(
        tmp_path / "x.wav",
        Made("pcm_f32le", video=False, rate=32_000, seconds=2),
        np.concatenate([left, -left / 2]),
    )
    [outcome] = cut(tmp_path / "x.wav", [(500, 1500)])
    assert np.abs(sound(outcome) - left[0, 16_000:48_000] / 4).max() < 2 / 32768


@pytest.mark.parametrize("name", ["hole.mkv", "hole.mp4"])
def test_a_gap_in_the_audio_is_silence_and_is_counted(tmp_path: Path, name: str) -> None:
    made = Made("pcm_s16le" if name.endswith("mkv") else "aac", hole_s=(3.0, 4.0))
    write(tmp_path / name, made)
    before, within, after = cut(tmp_path / name, [(1000, 2500), (2500, 5000), (5000, 6000)])
    assert verdicts([before, within, after]) == ["done"] * 3
    assert before.rows[0]["padded_ms"] == after.rows[0]["padded_ms"] == 0
    assert within.rows[0]["padded_ms"] == pytest.approx(1000, abs=45)
    samples = sound(within)
    assert np.abs(samples[600 * 32 : 1450 * 32]).max() < 1e-3
    assert np.abs(samples[1600 * 32 :]).max() > 0.1


def test_the_end_may_be_short_by_the_tolerance_only(tmp_path: Path) -> None:
    write(tmp_path / "x.wav", Made("pcm_s16le", video=False))
    outcomes = cut(tmp_path / "x.wav", [(7000, 8000), (7000, 8050), (7000, 8051), (9000, 9500)])
    assert verdicts(outcomes) == ["done", "done", "past_end", "past_end"]
    assert [outcome.rows[0]["padded_ms"] for outcome in outcomes[:2]] == [0, 50]
    assert len(sound(outcomes[1])) == 1050 * 32


def test_frames_are_those_on_screen_at_each_half_second(tmp_path: Path) -> None:
    write(tmp_path / "x.mp4", Made(seconds=40, gop=50))
    intervals = [(0, 1000), (990, 2600), (1500, 3100), (30_020, 31_500)]
    for (start, end), outcome in zip(intervals, cut(tmp_path / "x.mp4", intervals), strict=True):
        frames = grays(outcome)
        times = [number / 2 for number in range(-(-(end - start) * 2 // 1000))]
        assert [time for time, _ in frames] == times
        wanted = [int((start / 1000 + time) * 25 + 1e-6) % 50 for time in times]
        assert [number_of(gray) for _, gray in frames] == wanted


def test_pictures_are_scaled_down_and_never_up(tmp_path: Path) -> None:
    write(tmp_path / "big.mp4", Made(seconds=1, size=(854, 480)))
    write(tmp_path / "small.mp4", Made(seconds=1, size=(160, 120)))
    [big], [small] = (cut(tmp_path / name, [(0, 1000)]) for name in ("big.mp4", "small.mp4"))
    assert (big.rows[0]["width"], big.rows[0]["height"]) == (640, 360)
    assert (small.rows[0]["width"], small.rows[0]["height"]) == (160, 120)


def test_a_clip_is_the_same_alone_or_with_others_and_every_time(tmp_path: Path) -> None:
    write(tmp_path / "x.mp4", Made(seconds=30))
    together = cut(tmp_path / "x.mp4", [(0, 2000), (1000, 4000), (20_000, 22_000)])
    alone = [
        outcome
        for start, end in [(0, 2000), (1000, 4000), (20_000, 22_000)]
        for outcome in cut(tmp_path / "x.mp4", [(start, end)])
    ]
    assert together == alone


def test_rows_fit_the_columns_and_name_their_files(tmp_path: Path) -> None:
    write(tmp_path / "x.mp4", Made(seconds=2))
    write(tmp_path / "x.wav", Made("pcm_s16le", video=False, seconds=2))
    for name in ("x.mp4", "x.wav"):
        [outcome] = cut(tmp_path / name, [(100, 1900)])
        assert isinstance(outcome, Done)
        [row] = outcome.rows
        assert list(row) == [column.name for column in EMITS]
        pa.Table.from_pylist([dict(row)], arrow_schema(EMITS)).validate(full=True)
        for column in EMITS:
            assert row[column.name] is not None or column.nullable, column.name
        assert row["audio_sha256"] == hashlib.sha256(outcome.files["flac"]).hexdigest()
        assert row["samples"] == 1800 * 32


def test_wav_holds_the_same_samples(tmp_path: Path) -> None:
    write(tmp_path / "x.wav", Made("pcm_s16le", video=False))
    [flac] = cut(tmp_path / "x.wav", [(100, 2000)])
    [wav] = cut(tmp_path / "x.wav", [(100, 2000)], StandardizeConfig(audio_format="wav"))
    assert isinstance(wav, Done)
    assert set(wav.files) == {"wav", "json"}
    assert np.array_equal(sound(flac), sound(wav))
