"""Clips are read from a tar in one pass, and a damaged tar is never taken for a short one."""

from pathlib import Path

import numpy as np
import pytest

from audsem_data.core.errors import CorruptionError
from audsem_data.media.clips import decode_clip, iterate_audio
from audsem_data.media.encode import encode_audio, to_int16
from audsem_data.storage.tars import TarWriter

from .source import noise

KEYS = [f"v_{number:09d}_{number + 1:09d}" for number in range(6)]


def flac(number: int) -> bytes:
    return encode_audio(to_int16(noise(0.5, 32_000, 1)[0] / (number + 1)), 32_000, "flac")


@pytest.fixture
def tar(tmp_path: Path) -> Path:
    with TarWriter(tmp_path / "x.tar") as writer:
        for number, key in enumerate(KEYS):
            writer.add(key, {"flac": flac(number), "json": b"{}", "mp4": b"pictures" * 500})
    return tmp_path / "x.tar"


def test_wanted_clips_come_in_the_order_of_the_tar(tar: Path) -> None:
    wanted = {KEYS[4], KEYS[1], KEYS[2]}
    assert list(iterate_audio(tar, wanted)) == [(KEYS[number], flac(number)) for number in (1, 2, 4)]
    assert list(iterate_audio(tar, set())) == []


def test_a_clip_that_should_be_there_and_is_not(tar: Path) -> None:
    with pytest.raises(CorruptionError, match="does not hold the audio of w_1"):
        list(iterate_audio(tar, {KEYS[0], "w_1"}))


@pytest.mark.parametrize("keep", [0.0, 0.1, 0.5])
def test_a_tar_cut_short(tar: Path, keep: float) -> None:
    data = tar.read_bytes()
    tar.write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(CorruptionError):
        list(iterate_audio(tar, KEYS))


def test_a_tar_with_a_damaged_header(tar: Path) -> None:
    data = bytearray(tar.read_bytes())
    place = data.index(KEYS[3].encode())
    data[place : place + 512] = b"\xff" * 512
    tar.write_bytes(data)
    with pytest.raises(CorruptionError):
        list(iterate_audio(tar, KEYS))


def test_audio_survives_to_the_sample() -> None:
    samples = to_int16(noise(0.5, 32_000, 1)[0])
    for audio_format in ("flac", "wav"):
        decoded = decode_clip(encode_audio(samples, 32_000, audio_format))
        assert decoded.rate == 32_000
        assert decoded.samples.dtype == np.float32
        assert np.array_equal(decoded.samples * 32768, samples)


@pytest.mark.parametrize("data", [b"", b"no flac", flac(0)[:60]])
def test_damaged_audio(data: bytes) -> None:
    with pytest.raises(CorruptionError):
        decode_clip(data)


def test_full_scale_is_clipped_and_not_wrapped() -> None:
    assert to_int16(np.array([-2, -1, 0, 1, 2], np.float32)).tolist() == [-32768, -32768, 0, 32767, 32767]
