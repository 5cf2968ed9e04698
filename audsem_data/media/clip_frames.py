"""The pictures of a clip: decoded once, black ones dropped, and chosen from by a stage's policy.

Source: AudSemThinker, appendix C.2: up to four frames, at 1/3 and 2/3 below two seconds; frames of a mean intensity
of at most 1 (of 255) are black; eight uniform frames with their times for video.
"""

import math
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import av
import numpy as np

from audsem_data.core.errors import CorruptionError
from audsem_data.core.stage import Frames

Array = np.ndarray[Any, Any]

_BLACK = 1.0  # mean intensity, of 255
_SHORT = 2.0  # seconds


@dataclass(frozen=True)
class ClipFrames:
    """Pictures of a clip in order.

    Attributes:
        pictures: RGB, uint8, (height, width, 3).
        seconds: when each is shown, from the clip's beginning.
        duration: seconds of the clip's video.
    """

    pictures: tuple[Array, ...]
    seconds: tuple[float, ...]
    duration: float

    @property
    def nbytes(self) -> int:
        """Return the bytes that the pictures take in memory."""
        return sum(picture.nbytes for picture in self.pictures)


def decode_frames(mp4: bytes) -> ClipFrames:
    """Return all pictures of a clip's video but the black ones; raises CorruptionError if it is damaged."""
    pictures, seconds, end = [], [], 0.0
    try:
        with av.open(BytesIO(mp4), "r") as container:
            for frame in container.decode(video=0):
                time = float(frame.time or 0.0)
                end = time + float((frame.duration or 0) * (frame.time_base or 0))
                picture = frame.to_ndarray(format="rgb24")
                if picture.mean() > _BLACK:
                    pictures.append(picture)
                    seconds.append(time)
    except av.error.FFmpegError as error:
        raise CorruptionError(f"a clip's video cannot be decoded: {error}") from error
    return ClipFrames(tuple(pictures), tuple(seconds), end)


def choose(frames: ClipFrames, need: Frames) -> ClipFrames:
    """Return the pictures that a policy takes, each once."""
    places = _stills(frames, need.most) if need.policy == "stills" else _spread(len(frames.pictures), need.most)
    return ClipFrames(
        tuple(frames.pictures[place] for place in places),
        tuple(frames.seconds[place] for place in places),
        frames.duration,
    )


def _stills(frames: ClipFrames, most: int) -> list[int]:
    last = len(frames.pictures) - 1
    lasting = frames.seconds[-1] - frames.seconds[0]
    if lasting < _SHORT:
        return sorted({last // 3, 2 * last // 3})
    return _spread(last + 1, min(most, math.ceil(lasting)))


def _spread(count: int, most: int) -> list[int]:
    """Return up to `most` of `count` places, from the first to the last, rounded down."""
    if most >= count:
        return list(range(count))
    if most == 1:
        return [0]
    return [number * (count - 1) // (most - 1) for number in range(most)]
