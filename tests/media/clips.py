"""Runs `standardize` on one file, the way the runner would, and looks at what comes out."""

import io
import shutil
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

from audsem_data.core.keys import clip_id
from audsem_data.core.outcome import Done, Outcome
from audsem_data.core.stage import Item
from audsem_data.media.mixdown import Samples
from audsem_data.stages.acquire.standardize import StandardizeConfig, open_standardize

DEFAULT = StandardizeConfig()


def item(media: Path | None, start_ms: int, end_ms: int, text: str = "[bang]") -> Item:
    video = media.stem if media else "none"
    values = {
        "video_id": video,
        "start_ms": start_ms,
        "end_ms": end_ms,
        "text": text,
        "caption": text.strip("[](){}"),
        "language": "en",
        "media_signature": "s",
        "segment": None,
        "media": str(media) if media else None,
    }
    return Item(clip_id(video, start_ms, end_ms), values, {}, {})


def cut(
    media: Path | None, intervals: Sequence[tuple[int, int]], config: StandardizeConfig = DEFAULT
) -> list[Outcome]:
    return list(open_standardize.open(config)([item(media, *interval) for interval in intervals]))


def verdicts(outcomes: Sequence[Outcome]) -> list[str]:
    """Return the reason of each outcome, or done."""
    return [outcome.reason.value if outcome.reason else "done" for outcome in outcomes]


def sound(outcome: Outcome) -> Samples:
    assert isinstance(outcome, Done), outcome
    data = outcome.files.get("flac") or outcome.files["wav"]
    samples, rate = soundfile.read(io.BytesIO(data), dtype="float32")
    assert rate == 32_000
    return np.asarray(samples, dtype=np.float32)


def grays(outcome: Outcome) -> list[tuple[float, float]]:
    """Return (time in seconds, mean brightness) of each frame of a clip's mp4."""
    assert isinstance(outcome, Done), outcome
    with av.open(io.BytesIO(outcome.files["mp4"]), "r") as container:
        assert not container.streams.audio
        frames = list(container.decode(video=0))
    return [
        (float(frame.time), float(frame.to_ndarray(format="rgb24").mean()))
        for frame in frames
        if frame.time is not None
    ]


def lag(ours: NDArray[np.float32], theirs: NDArray[np.float32], reach: int) -> tuple[int, float]:
    """Return by how many samples `ours` comes late within +-reach, and the correlation there.

    `theirs` begins `reach` samples earlier than `ours` and ends as much later.
    """
    size = len(theirs) + len(ours)
    products = np.fft.irfft(np.fft.rfft(theirs, size) * np.conj(np.fft.rfft(ours, size)), size)[: 2 * reach + 1]
    energy = np.cumsum(np.concatenate(([0.0], np.square(theirs, dtype=np.float64))))
    there = np.sqrt(np.maximum(energy[len(ours) :] - energy[: -len(ours)], 1e-12))[: 2 * reach + 1]
    likeness = products / there / np.linalg.norm(ours.astype(np.float64))
    best = int(np.argmax(likeness))
    return reach - best, float(likeness[best])


def damaged(path: Path, made: Path, start: float, end: float) -> Path:
    """Copy a file with its bytes from fraction `start` to `end` overwritten by noise."""
    shutil.copy(made, path)
    data = bytearray(path.read_bytes())
    first, last = int(len(data) * start), int(len(data) * end)
    data[first:last] = np.random.default_rng(1).bytes(last - first)
    path.write_bytes(data)
    return path
