"""Makes videos whose every frame carries its number in its pixels, and reads it back."""

import io
import subprocess
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av import AudioFrame, VideoFrame
from av.audio.stream import AudioStream
from av.video.stream import VideoStream
from numpy.typing import NDArray

from audsem_data.acquisition.tools import find_ffmpeg
from audsem_data.core.outcome import Done, Outcome

from .source import noise

FPS = 30
BITS = 12
SIZE = (BITS * 16, 96)


def bars(number: int) -> NDArray[np.uint8]:
    """Return a frame with a bar, white or black, for each bit of its number."""
    bits = [(number >> bit) & 1 for bit in range(BITS)]
    row = np.repeat(np.array(bits, np.uint8) * 200 + 28, SIZE[0] // BITS)
    return np.ascontiguousarray(np.broadcast_to(row[None, :, None], (SIZE[1], SIZE[0], 3)))


def number_in(picture: NDArray[Any]) -> int:
    """Return the number that a frame carries, at whatever scale."""
    levels = picture.mean(axis=(0, 2)).reshape(BITS, -1).mean(axis=1)
    return int(sum(1 << bit for bit, level in enumerate(levels) if level > 128))


def write_numbered(path: Path, seconds: float, codec: str = "libx264", audio: str = "aac", **options: str) -> None:
    """Write a video of numbered frames, 30 a second, with noise for its sound."""
    with av.open(path, "w") as container:
        video = container.add_stream(codec, rate=FPS, options=options)
        assert isinstance(video, VideoStream)
        video.width, video.height, video.pix_fmt = *SIZE, "yuv420p"
        video.codec_context.thread_count = 1
        sound = container.add_stream(audio, rate=48_000, layout="mono")
        assert isinstance(sound, AudioStream)
        samples = noise(seconds, 48_000, 1)
        for number in range(round(seconds * FPS)):
            frame = VideoFrame.from_ndarray(bars(number), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(video.encode(frame))
            start = number * 48_000 // FPS
            piece = AudioFrame.from_ndarray(
                np.ascontiguousarray(samples[:, start : start + 1600]), format="fltp", layout="mono"
            )
            piece.sample_rate, piece.pts, piece.time_base = 48_000, start, Fraction(1, 48_000)
            container.mux(sound.encode(piece))
        container.mux(video.encode(None))
        container.mux(sound.encode(None))


def ffmpeg(*arguments: str | Path | float) -> None:
    """Run ffmpeg."""
    subprocess.run([find_ffmpeg() or "ffmpeg", "-v", "error", "-y", *map(str, arguments)], check=True)


def numbers(outcome: Outcome) -> dict[float, int]:
    """Return the number that each frame of a clip's mp4 carries, by its time in seconds."""
    assert isinstance(outcome, Done), outcome
    if "mp4" not in outcome.files:
        return {}
    with av.open(io.BytesIO(outcome.files["mp4"]), "r") as container:
        return {
            float(frame.time or 0): number_in(frame.to_ndarray(format="rgb24"))
            for frame in container.decode(video=0)
        }
