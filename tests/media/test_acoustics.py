"""Every measured fact, against signals of which the truth is known."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from audsem_data.core.schema import arrow_schema
from audsem_data.core.stage import Audio, Item, NoConfig
from audsem_data.media.acoustics.loudness import k_weighting
from audsem_data.media.acoustics.measure import COLUMNS, measure
from audsem_data.stages.annotate.annotate_acoustics import open_annotate_acoustics

RATE = 32_000
TIME = np.arange(4 * RATE) / RATE
Wave = NDArray[np.float64]


def sine(hertz: float, amplitude: float = 0.5) -> Wave:
    return np.asarray(amplitude * np.sin(2 * np.pi * hertz * TIME))


def noise(rms: float = 0.1) -> Wave:
    return np.random.default_rng(3).standard_normal(len(TIME)) * rms


def clicks(times: Sequence[float]) -> Wave:
    wave = np.zeros(len(TIME))
    for time in times:
        start = round(time * RATE)
        burst = np.random.default_rng(start).standard_normal(640) * np.exp(-np.arange(640) / 100) * 0.4
        wave[start : start + 640] += burst[: len(wave) - start]
    return wave


def facts(wave: Wave) -> dict[str, object]:
    return measure(wave.astype(np.float32), RATE)


def number(wave: Wave, fact: str) -> float:
    value = facts(wave)[fact]
    assert isinstance(value, int | float)
    return float(value)


@pytest.mark.parametrize(
    ("wave", "fact", "truth", "tolerance"),
    [
        (sine(997, 1.0), "loudness_lufs", -3.01, 0.1),  # ITU-R BS.1770: a full-scale 997 Hz sine in one channel
        (sine(997, 0.1), "loudness_lufs", -23.01, 0.1),
        (sine(440), "peak_dbfs", -6.02, 0.01),
        (sine(440), "rms_dbfs", -9.03, 0.01),
        (sine(440), "crest_db", 3.01, 0.02),
        (sine(440), "zero_crossings_hz", 880, 1),
        (sine(440), "centroid_hz", 440, 2),
        (sine(440), "bandwidth_hz", 0, 40),
        (sine(440), "rolloff_hz", 440, 32),
        (sine(440), "flatness", 0, 0.001),
        (sine(440), "dynamic_range_db", 0, 0.1),
        (noise(), "flatness", 1, 0.01),
        (noise(), "centroid_hz", 8000, 100),
        (noise(), "rolloff_hz", 13_600, 100),
        (noise(), "rms_dbfs", -20, 0.1),
        (noise(), "voiced_fraction", 0, 0.0),
        (sine(440) + noise(0.0354), "harmonicity_db", 20, 1),  # tone 20 dB above the noise
        (np.clip(sine(200, 3.0), -1, 1), "clipped_fraction", 1 - 2 * np.arcsin(1 / 3) / np.pi, 0.01),
        (np.where(TIME < 2, noise(), 0), "silence_fraction", 0.5, 0.02),
        (np.where(TIME < 2, noise(), 0), "longest_silence_s", 2, 0.06),
        (np.where((TIME > 1) & (TIME < 1.5), 0, noise()), "longest_silence_s", 0.5, 0.06),
        (noise(), "silence_fraction", 0, 0.0),
        (noise() * 10 ** (5 * TIME / 20), "level_slope_db_per_s", 5, 0.1),
        (noise() * 10 ** (-5 * TIME / 20), "level_slope_db_per_s", -5, 0.1),
    ],
)
def test_known_values(wave: Wave, fact: str, truth: float, tolerance: float) -> None:
    assert number(wave, fact) == pytest.approx(truth, abs=tolerance)


@pytest.mark.parametrize("hertz", [65, 110, 220, 441, 1000, 1900])
@pytest.mark.parametrize("shape", ["sine", "sawtooth"])
def test_pitch_is_within_half_a_percent(hertz: float, shape: str) -> None:
    wave = sine(hertz) if shape == "sine" else 0.5 * ((TIME * hertz) % 1) - 0.25
    assert number(wave, "pitch_hz") == pytest.approx(hertz, rel=0.005)
    assert number(wave, "voiced_fraction") > 0.95


@pytest.mark.parametrize("wave", [noise(), clicks([1.0, 2.0]), sine(3000)], ids=["noise", "clicks", "too high"])
def test_what_has_no_pitch_has_none(wave: Wave) -> None:
    assert facts(wave)["pitch_hz"] is None


@pytest.mark.parametrize("times", [[], [0.5], [0.31, 1.7, 3.2], [0.25 + 0.5 * k for k in range(7)]])
@pytest.mark.parametrize("background", [0.0, 0.003], ids=["in silence", "in noise"])
def test_onsets_are_counted_and_timed(times: list[float], background: float) -> None:
    found = facts(clicks(times) + noise(background))
    assert found["onset_count"] == len(times)
    assert found["onset_rate_hz"] == pytest.approx(len(times) / 4, abs=0.001)
    assert found["onsets_s"] == pytest.approx(times, abs=0.02)
    assert found["first_onset_s"] == (pytest.approx(times[0], abs=0.02) if times else None)


def test_the_end_of_a_sound_is_no_onset() -> None:
    assert facts(np.where(TIME < 2, sine(440), 0))["onset_count"] == 0
    assert facts(np.where(TIME < 2, 0, sine(440)))["onsets_s"] == pytest.approx([2.0], abs=0.02)


@pytest.mark.parametrize("bpm", [60, 96, 120, 171, 240])
def test_a_regular_beat_has_its_tempo(bpm: float) -> None:
    beat = clicks(list(np.arange(0.1, 3.97, 60 / bpm))) + noise(0.002)
    assert number(beat, "tempo_bpm") == pytest.approx(bpm, rel=0.02)
    assert number(beat, "tempo_strength") > 0.5


@pytest.mark.parametrize(
    "wave",
    [clicks([0.2, 0.55, 1.4, 1.73, 2.9, 3.15]), clicks([0.5, 1.5, 2.5]), noise(), sine(440)],
    ids=["irregular", "three", "noise", "tone"],
)
def test_what_has_no_beat_has_no_tempo(wave: Wave) -> None:
    assert facts(wave)["tempo_bpm"] is None


@pytest.mark.parametrize(
    ("wave", "trend"),
    [
        (noise(), "steady"),
        (noise() * 10 ** (5 * TIME / 20), "rising"),
        (noise() * 10 ** (-5 * TIME / 20), "falling"),
        (noise() * (1.02 + np.sin(2 * np.pi * 2 * TIME)), "varying"),
        (np.zeros(len(TIME)), None),
    ],
)
def test_trend(wave: Wave, trend: str | None) -> None:
    assert facts(wave)["level_trend"] == trend


def test_levels_go_second_by_second() -> None:
    wave = np.concatenate([sine(440, amplitude)[:RATE] for amplitude in (0.5, 0.05, 0.5)])[: 5 * RATE // 2]
    assert facts(wave)["levels_dbfs"] == pytest.approx([-9.03, -29.03, -9.03], abs=0.02)


def test_loudness_is_gated() -> None:
    half = np.where(TIME < 2, sine(997, 1.0), 0)
    assert number(half, "loudness_lufs") == pytest.approx(-3.01, abs=0.5)  # ungated it would be -6.02
    assert facts(sine(997, 10 ** (-75 / 20)))["loudness_lufs"] is None


def test_k_weighting_is_the_standard_at_48_khz() -> None:
    """Coefficients as printed in ITU-R BS.1770-4, tables 1 and 2."""
    shelf, highpass = k_weighting(48_000)
    assert shelf[:3] == pytest.approx([1.53512485958697, -2.69169618940638, 1.19839281085285], abs=1e-9)
    assert shelf[4:] == pytest.approx([-1.69065929318241, 0.73248077421585], abs=1e-9)
    assert highpass[:3] == pytest.approx([1, -2, 1])
    assert highpass[4:] == pytest.approx([-1.99004745483398, 0.99007225036621], abs=1e-9)


@pytest.mark.parametrize(
    "wave",
    [np.zeros(0), np.zeros(1), np.zeros(len(TIME)), np.full(len(TIME), 0.5), np.full(5, 0.3)],
    ids=["nothing", "one zero", "silence", "offset", "five"],
)
def test_what_cannot_be_heard_has_no_spectrum(wave: Wave) -> None:
    found = facts(wave)
    nulls = {name for name, value in found.items() if value is None}
    assert {"pitch_hz", "centroid_hz", "flatness", "loudness_lufs", "tempo_bpm", "level_trend"} <= nulls
    assert (found["silence_fraction"], found["onsets_s"]) == (1.0, [])


@pytest.mark.parametrize("samples", [1, 2, 50, 1023, 1024, 1500, 3000, 12_799, 12_800])
def test_any_length_is_measured_and_fits_the_schema(samples: int) -> None:
    row = facts(noise()[:samples])
    assert list(row) == [column.name for column in COLUMNS]
    for column in COLUMNS:
        assert (row[column.name] is not None) or column.nullable, column.name
    pa.Table.from_pylist([row], arrow_schema(COLUMNS)).validate(full=True)


def test_columns_say_what_they_are() -> None:
    assert all(column.doc for column in COLUMNS)
    unitless = {column.name for column in COLUMNS if not column.unit}
    fractions = {"clipped_fraction", "silence_fraction", "voiced_fraction", "flatness", "tempo_strength"}
    assert unitless == fractions | {"level_trend", "onset_count"}


def test_the_stage_gives_a_row_a_clip_and_the_same_one_each_time() -> None:
    items = [Item(key, {}, {Audio(RATE): noise().astype(np.float32)}, {}) for key in "ab"]
    process = open_annotate_acoustics.open(NoConfig())
    assert process(items) == process(items)
    assert process(items)[0].rows[0]["rms_dbfs"] == pytest.approx(-20, abs=0.1)
