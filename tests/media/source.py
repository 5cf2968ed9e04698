"""Makes media files whose every sample and frame is known, for the tests of this folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av import AudioFrame, VideoFrame
from av.audio.stream import AudioStream
from numpy.typing import NDArray

FPS = 25


@dataclass(frozen=True)
class Made:
    """What a file is made of; `offset_s` is when the sound starts, `hole_s` a gap in its timestamps."""

    codec: str | None = "aac"
    video: bool = True
    seconds: int = 8
    rate: int = 48_000
    layout: str = "stereo"
    offset_s: float = 0.0
    hole_s: tuple[float, float] | None = None
    gop: int = 25
    size: tuple[int, int] = (160, 120)


def noise(seconds: float, rate: int, channels: int = 2) -> NDArray[np.float32]:
    """Return band-limited noise, below 4 kHz so that any codec keeps it: shape (channels, samples)."""
    spectrum = np.fft.rfft(np.random.default_rng(7).standard_normal((channels, round(seconds * rate))))
    spectrum[:, np.fft.rfftfreq(round(seconds * rate), 1 / rate) > 4000] = 0
    samples = np.fft.irfft(spectrum, round(seconds * rate))
    return np.asarray(samples / np.abs(samples).max() * 0.5, dtype=np.float32)


def picture(number: int, size: tuple[int, int] = (160, 120)) -> NDArray[np.uint8]:
    """Return a frame whose brightness tells its number: four steps a frame, and it wraps around after 50."""
    return np.full((size[1], size[0], 3), 20 + 4 * (number % 50), np.uint8)


def number_of(gray: float) -> int:
    """Return the number (below 50) of the frame that has this brightness."""
    return round((gray - 20) / 4)


def write(path: Path, made: Made, samples: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """Write a file and return its samples, shape (channels, samples)."""
    channels = 1 if made.layout == "mono" else 2
    sound = noise(made.seconds, made.rate, channels) if samples is None else samples
    with av.open(path, "w") as container:
        audio = made.codec and container.add_stream(made.codec, rate=made.rate, layout=made.layout)
        assert audio is None or isinstance(audio, AudioStream)
        video = container.add_stream("libx264", rate=FPS, options={"g": str(made.gop)}) if made.video else None
        if video is not None:
            video.width, video.height = made.size
            video.pix_fmt = "yuv420p"
            video.codec_context.thread_count = 1
        for second in range(made.seconds):
            if video is not None:
                for frame in _pictures(second, made):
                    container.mux(video.encode(frame))
            if audio is not None:
                for piece in _pieces(sound, second, made):
                    container.mux(audio.encode(piece))
        for stream in (video, audio):
            if stream is not None:
                container.mux(stream.encode(None))
    return sound


def _pictures(second: int, made: Made) -> Sequence[VideoFrame]:
    frames = []
    for number in range(second * FPS, (second + 1) * FPS):
        frame = VideoFrame.from_ndarray(picture(number, made.size), format="rgb24")
        frame.pts, frame.time_base = number, Fraction(1, FPS)
        frames.append(frame)
    return frames


def _pieces(sound: NDArray[np.float32], second: int, made: Made) -> Sequence[AudioFrame]:
    """Return a second's sound in frames of 960 samples, without those in the hole."""
    frames = []
    for start in range(second * made.rate, (second + 1) * made.rate, 960):
        if made.hole_s and made.hole_s[0] <= start / made.rate < made.hole_s[1]:
            continue
        piece = np.ascontiguousarray(sound[:, start : min(start + 960, (second + 1) * made.rate)])
        frame = AudioFrame.from_ndarray(piece, format="fltp", layout=made.layout)
        frame.sample_rate, frame.time_base = made.rate, Fraction(1, made.rate)
        frame.pts = start + round(made.offset_s * made.rate)
        frames.append(frame)
    return frames
