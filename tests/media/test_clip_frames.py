"""Stages get the pictures that their policy names, at their times, never a black one."""

from typing import Any

import numpy as np
import pytest
from av import VideoFrame

from audsem_data.core.errors import CorruptionError
from audsem_data.core.stage import Frames
from audsem_data.media.clip_frames import choose, decode_frames
from audsem_data.media.encode import encode_video


def video(levels: list[int], fps: int = 2, size: tuple[int, int] = (36, 64)) -> bytes:
    """Return an mp4 of grey pictures."""
    pictures = [np.full((*size, 3), level, np.uint8) for level in levels]
    return encode_video([VideoFrame.from_ndarray(picture, format="rgb24") for picture in pictures], fps)


def shown(levels: list[int], need: Frames) -> list[int]:
    """Return which of the pictures, told by their brightness in tens, a policy takes."""
    taken = choose(decode_frames(video(levels)), need)
    return [round(float(picture.mean()) / 10) for picture in taken.pictures]


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, [1]), (2, [1]), (4, [2, 3]), (5, [1, 5]), (7, [1, 4, 7]), (20, [1, 7, 13, 20])],
)
def test_stills(count: int, expected: list[int]) -> None:
    assert shown([10 * (number + 1) for number in range(count)], Frames()) == expected


@pytest.mark.parametrize(
    ("count", "expected"), [(1, [1]), (3, [1, 2, 3]), (8, list(range(1, 9))), (20, [1, 3, 6, 9, 11, 14, 17, 20])]
)
def test_uniform(count: int, expected: list[int]) -> None:
    assert shown([10 * (number + 1) for number in range(count)], Frames("uniform", 8)) == expected


def test_black_pictures_are_dropped_and_the_others_keep_their_times() -> None:
    frames = decode_frames(video([0, 1, 100, 0, 120]))
    assert [round(float(picture.mean()), -1) for picture in frames.pictures] == [100, 120]
    assert frames.seconds == (1.0, 2.0)
    assert frames.duration == 2.5
    assert frames.nbytes == 2 * 36 * 64 * 3
    assert decode_frames(video([0, 0])).pictures == ()


def test_what_a_picture_is_like() -> None:
    [picture] = decode_frames(video([90], size=(38, 22))).pictures
    assert picture.shape == (38, 22, 3)
    assert picture.dtype == np.uint8


@pytest.mark.parametrize("spoiled", [b"", b"no mp4", video([90, 100])[:200]])
def test_a_damaged_video(spoiled: Any) -> None:
    with pytest.raises(CorruptionError, match="cannot be decoded"):
        decode_frames(spoiled)
