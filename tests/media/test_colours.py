"""A clip has the colours of its source, whatever matrix and range that is in, and says which it is in itself."""

import io
from pathlib import Path

import av
import numpy as np
import pytest

from audsem_data.core.outcome import Done
from audsem_data.media.clip_frames import decode_frames

from .clips import cut
from .numbered import ffmpeg

COLOUR = (0x30, 0xB0, 0x60)
OFF = 6  # of 255: two conversions and one encoding


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("pixels", ["yuv420p", "yuv422p", "yuv444p10le"])
@pytest.mark.parametrize("limits", ["tv", "pc"])
@pytest.mark.parametrize(
    ("matrix", "name"), [("bt709", "bt709"), ("smpte170m", "smpte170m"), ("bt2020", "bt2020nc")]
)
def test_colours_stay(tmp_path: Path, matrix: str, name: str, limits: str, pixels: str, turned: bool) -> None:
    convert = f"scale=out_color_matrix={matrix}:out_range={limits},format={pixels}"
    tags = ["-colorspace", name, "-color_range", limits]
    ffmpeg(
        "-f", "lavfi", "-i", "color=c=0x30B060:s=320x180:r=25:d=1", "-f", "lavfi", "-i", "anoisesrc=d=1:c=pink",
        "-vf", convert, "-c:v", "libx264", "-qp", 4, *tags, "-c:a", "aac", tmp_path / "straight.mp4",
    )  # fmt: skip
    path = tmp_path / "straight.mp4"
    if turned:
        path = tmp_path / "turned.mp4"
        ffmpeg("-display_rotation", 90, "-i", tmp_path / "straight.mp4", "-c", "copy", path)
    [outcome] = cut(path, [(0, 900)])
    assert isinstance(outcome, Done)
    for picture in decode_frames(outcome.files["mp4"]).pictures:
        assert picture.shape == ((320, 180, 3) if turned else (180, 320, 3))
        assert np.abs(picture.mean(axis=(0, 1)) - COLOUR).max() <= OFF, (picture.mean(axis=(0, 1)), COLOUR)
    with av.open(io.BytesIO(outcome.files["mp4"]), "r") as container:
        frame = next(container.decode(video=0))
        assert (frame.colorspace, frame.color_range) == (6, 1)


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_pictures_stand_upright(tmp_path: Path, degrees: int) -> None:
    """The source is white above and black below when it is shown, however it is stored."""
    ffmpeg(
        "-f", "lavfi", "-i", "color=c=white:s=160x120:r=25:d=1,drawbox=y=60:h=60:c=black:t=fill",
        "-f", "lavfi", "-i", "anoisesrc=d=1:c=pink",
        "-vf", {0: "null", 90: "transpose=clock", 180: "hflip,vflip", 270: "transpose=cclock"}[degrees],
        "-c:v", "libx264", "-c:a", "aac", tmp_path / "stored.mp4",
    )  # fmt: skip
    ffmpeg("-display_rotation", degrees, "-i", tmp_path / "stored.mp4", "-c", "copy", tmp_path / "x.mp4")
    [outcome] = cut(tmp_path / "x.mp4", [(0, 900)])
    assert isinstance(outcome, Done)
    picture = decode_frames(outcome.files["mp4"]).pictures[0]
    assert picture.shape == (120, 160, 3)
    assert picture[:50].mean() > 240
    assert picture[70:].mean() < 15
