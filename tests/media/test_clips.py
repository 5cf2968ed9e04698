"""Clips are read from a tar in one pass, and a damaged tar is never taken for a short one."""

from pathlib import Path

import numpy as np
import pytest
from av import VideoFrame

from audsem_data.core.errors import CorruptionError
from audsem_data.core.outcome import AbsentMedia, Filtered
from audsem_data.core.stage import Audio, Frames, Media
from audsem_data.media.clips import decode_clip, read_clips
from audsem_data.media.encode import encode_audio, encode_video, to_int16
from audsem_data.storage.tars import TarWriter

from .source import noise

KEYS = [f"v_{number:09d}_{number + 1:09d}" for number in range(6)]
WANTED = (Audio(8_000),)


def flac(number: int) -> bytes:
    return encode_audio(to_int16(noise(0.5, 32_000, 1)[0] / (number + 1)), 32_000, "flac")


@pytest.fixture
def tar(tmp_path: Path) -> Path:
    with TarWriter(tmp_path / "x.tar") as writer:
        for number, key in enumerate(KEYS):
            writer.add(key, {"flac": flac(number), "json": b"{}", "mp4": b"pictures" * 500})
    return tmp_path / "x.tar"


def test_wanted_clips_come_in_the_order_of_the_tar_each_with_what_it_is_wanted_for(tar: Path) -> None:
    wanted = {KEYS[4]: {Audio(32_000)}, KEYS[1]: {Audio(32_000), Audio(8_000)}, KEYS[2]: {Audio(8_000)}}
    found = dict(read_clips(tar, wanted))
    assert list(found) == [KEYS[1], KEYS[2], KEYS[4]]
    assert {key: set(media) for key, media in found.items()} == wanted
    assert {len(samples) for samples in found[KEYS[1]].values()} == {16_000, 4_000}
    for number in (1, 4):
        np.testing.assert_array_equal(found[KEYS[number]][Audio(32_000)], decode_clip(flac(number)).samples)
    assert list(read_clips(tar, {})) == []


def test_a_clip_that_should_be_there_and_is_not(tar: Path) -> None:
    with pytest.raises(CorruptionError, match="does not hold w_1"):
        list(read_clips(tar, dict.fromkeys([KEYS[0], "w_1"], WANTED)))


def test_what_a_clip_does_not_have_is_an_outcome(tmp_path: Path) -> None:
    black = [VideoFrame.from_ndarray(np.zeros((20, 36, 3), np.uint8), format="rgb24") for _ in range(3)]
    with TarWriter(tmp_path / "x.tar") as writer:
        writer.add("a_000000000_000000001", {"json": b"{}"})
        writer.add("b_000000000_000000001", {"flac": flac(0), "json": b"{}", "mp4": encode_video(black, 2)})
    needs: tuple[Media, ...] = (Audio(8_000), Frames())
    keys = ("a_000000000_000000001", "b_000000000_000000001")
    found = dict(read_clips(tmp_path / "x.tar", dict.fromkeys(keys, needs)))
    assert found[keys[0]] == {
        Audio(8_000): Filtered(AbsentMedia.NO_AUDIO),
        Frames(): Filtered(AbsentMedia.NO_VIDEO),
    }
    assert found[keys[1]][Frames()] == Filtered(AbsentMedia.BLACK_VIDEO)
    assert len(found[keys[1]][Audio(8_000)]) == 4_000


@pytest.mark.parametrize("keep", [0.0, 0.1, 0.5])
def test_a_tar_cut_short(tar: Path, keep: float) -> None:
    data = tar.read_bytes()
    tar.write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(CorruptionError):
        list(read_clips(tar, dict.fromkeys(KEYS, WANTED)))


def test_a_tar_with_a_damaged_header(tar: Path) -> None:
    data = bytearray(tar.read_bytes())
    place = data.index(KEYS[3].encode())
    data[place : place + 512] = b"\xff" * 512
    tar.write_bytes(data)
    with pytest.raises(CorruptionError):
        list(read_clips(tar, dict.fromkeys(KEYS, WANTED)))


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
