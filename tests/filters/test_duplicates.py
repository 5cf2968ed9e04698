"""Duplicates: copies of a sound are joined however they were made, and other sounds are not."""

import csv
import hashlib
import io
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soxr

from audsem_data.core.stage import Item
from audsem_data.media.sound_fingerprint import RATE, distance, fingerprint
from audsem_data.stages.filter.duplicates import CROWD
from audsem_data.stages.filter.score_duplicates import Duplicates

SOURCE_RATE = 32_000
SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples"
SAME = 0.34
Wave = np.ndarray[Any, Any]


@cache
def made_sounds(count: int) -> list[Wave]:
    """Return sounds of four seconds: bursts of coloured noise and gliding tones."""
    time = np.arange(4 * SOURCE_RATE) / SOURCE_RATE
    sounds = []
    for seed in range(count):
        chance = np.random.default_rng(seed)
        wave = 0.01 * chance.standard_normal(len(time))
        for _ in range(24):
            start, long, low = chance.uniform(0, 3.8), chance.uniform(0.1, 0.6), chance.uniform(200, 2500)
            inside = (time >= start) & (time < start + long)
            glide = low * (1 + chance.uniform(-0.5, 0.5) * (time - start))
            noisy = 1 + 0.7 * chance.standard_normal(len(time))
            wave += chance.uniform(0.05, 0.3) * inside * np.sin(2 * np.pi * np.cumsum(glide) / SOURCE_RATE) * noisy
        sounds.append(np.asarray(wave / np.abs(wave).max() * 0.9, np.float32))
    return sounds


@cache
def sample_sounds() -> list[Wave]:
    """Return the clips of the real samples; none where they are not beside the checkout."""
    if not SAMPLES.is_dir():
        return []
    with (SAMPLES / "truth.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    videos = {}
    for path in (SAMPLES / "videos").iterdir():
        with av.open(str(path)) as container:
            videos[path.stem] = _decoded(container)
    cut = [videos[row["video_id"]][int(row["start_ms"]) * 32 : int(row["end_ms"]) * 32] for row in rows]
    return [wave for wave in cut if len(wave) >= 3 * SOURCE_RATE]


def _decoded(container: Any) -> Wave:
    to = av.AudioResampler("flt", "mono", SOURCE_RATE)
    parts = [out.to_ndarray()[0] for frame in container.decode(audio=0) for out in to.resample(frame)]
    return np.concatenate(parts)


def encoded(codec: str, container: str) -> Callable[[Wave], Wave]:
    """Return what encodes a sound at 48 kbit/s and decodes it again."""

    def copy(wave: Wave) -> Wave:
        held = io.BytesIO()
        with av.open(held, "w", format=container) as out:
            stream: Any = out.add_stream(codec, rate=SOURCE_RATE, layout="mono")
            stream.bit_rate = 48_000
            frame = av.AudioFrame.from_ndarray(
                (wave * 32767).clip(-32768, 32767).astype(np.int16)[None], "s16", "mono"
            )
            frame.sample_rate, frame.pts = SOURCE_RATE, 0
            for packet in [*stream.encode(frame), *stream.encode(None)]:
                out.mux(packet)
        held.seek(0)
        with av.open(held) as container_:
            return _decoded(container_)

    return copy


def sped(factor: float) -> Callable[[Wave], Wave]:
    return lambda wave: np.asarray(soxr.resample(wave, SOURCE_RATE * factor, SOURCE_RATE))


COPIES: dict[str, Callable[[Wave], Wave]] = {
    "mp3": encoded("libmp3lame", "mp3"),
    "aac": encoded("aac", "adts"),
    "resampled": lambda wave: soxr.resample(soxr.resample(wave, SOURCE_RATE, 16_000), 16_000, SOURCE_RATE),
    "trimmed": lambda wave: wave[9_013:-7_000],
    "quieter": lambda wave: wave * 0.2,
    "louder": lambda wave: np.clip(wave * 1.7, -1, 1),
    "faster by 1 %": sped(1.01),
    "faster by 2 %": sped(1.02),
    "slower by 1 %": sped(0.99),
    "trimmed mp3": lambda wave: encoded("libmp3lame", "mp3")(wave[9_013:-7_000]),
}


def items(sounds: Sequence[Wave], prefix: str) -> list[Item]:
    found = []
    for number, wave in enumerate(sounds):
        one = fingerprint(np.asarray(soxr.resample(wave, SOURCE_RATE, RATE), np.float32))
        sha = hashlib.sha256(wave.tobytes()).hexdigest()
        values = {"audio_sha256": sha, "frames": one.frames.tolist(), "outlines": one.outlines.tolist()}
        found.append(Item(f"{prefix}{number:03d}", values, {}, {}))
    return found


def nearest(*shards: Sequence[Item]) -> dict[str, tuple[str, float]]:
    """Return the nearest of every clip that has one which counts as the same."""
    stage = Duplicates()
    state = stage.reduce([stage.summarize(shard) for shard in shards], None)
    rows = {
        item.key: row.rows[0]
        for shard in shards
        for item, row in zip(shard, stage.apply(state)(shard), strict=True)
    }
    return {key: (row["duplicate_of"], row["distance"]) for key, row in rows.items() if row["distance"] < SAME}


@pytest.mark.parametrize("kind", COPIES)
@pytest.mark.parametrize("real", [False, True], ids=["made", "samples"])
def test_copies_are_joined_and_other_sounds_are_not(kind: str, real: bool) -> None:
    sounds = sample_sounds() if real else made_sounds(12)
    if not sounds:
        pytest.skip("the sample videos are not beside this checkout")
    found = nearest(items(sounds, "a"), items([COPIES[kind](wave) for wave in sounds], "b"))
    expected = {f"b{n:03d}": f"a{n:03d}" for n in range(len(sounds))}
    assert {key: earlier for key, (earlier, _) in found.items()} == expected


def test_a_corpus_that_grew_has_the_pairs_of_one_that_was_there_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sounds = made_sounds(6)
    shards = [items(sounds[:4], "a"), items([wave * 0.5 for wave in sounds], "b"), items(sounds[4:], "c")]
    stage = Duplicates()
    summaries = [stage.summarize(shard) for shard in shards]
    at_once = stage.reduce(summaries, None)
    assert {key: earlier for key, (earlier, _) in at_once["nearest"].items()} == {
        "b000": "a000", "b001": "a001", "b002": "a002", "b003": "a003", "c000": "b004", "c001": "b005",
    }  # fmt: skip
    before = stage.reduce(summaries[:2], None)
    compared: list[int] = []

    def counted(one: Wave, other: Wave) -> float:
        compared.append(1)
        return distance(one, other)

    monkeypatch.setattr("audsem_data.stages.filter.duplicates.distance", counted)
    assert stage.reduce(summaries, before) == at_once
    assert len(compared) < 6, "the four pairs that were found before are not compared again"
    changed = [stage.summarize(items(sounds[1:4], "a")), *summaries[1:]]
    assert stage.reduce(changed, before) == stage.reduce(changed, None), "and what left is forgotten"


def test_a_stock_effect_is_found_however_often_it_occurs() -> None:
    effect, *others = made_sounds(5)
    copies = [effect * np.float32(1 - 0.5 * n / (2 * CROWD)) for n in range(2 * CROWD)]
    found = nearest(items([*others, *copies], "a"))
    assert set(found) == {f"a{n:03d}" for n in range(5, 4 + 2 * CROWD)}, "all but the first are copies"


def test_silence_and_what_is_too_short_is_like_nothing_but_its_own_bytes() -> None:
    silent, blip = np.zeros(4 * SOURCE_RATE, np.float32), made_sounds(1)[0][: SOURCE_RATE // 4]
    assert nearest(items([silent, silent[:-1], blip, blip[:-1], silent, blip], "a")) == {
        "a004": ("a000", 0.0),
        "a005": ("a002", 0.0),
    }
    assert nearest([]) == {}
