"""Which times of a video have lost their pictures, and whether it was damage or memory that ran out."""

import heapq
from fractions import Fraction

import av

from audsem_data.media.isolated import memory_left

_BYTES_A_PIXEL = 32  # of the pictures that a decoder may keep at once
_HOLE = Fraction(5, 2)  # durations of a frame; packets of fields and unseen frames come closer behind it
_EMPTY = 16  # bytes of a packet that says "as before", and gives no frame


def blame_damage(error: av.error.FFmpegError, pixels: int) -> None:
    """Return if an error of a codec, on pictures of so many pixels, says that they are damaged or impossible.

    Codecs often say the same where memory ran out. Raises MemoryError where it is so short that it may be the
    cause: then nothing is known of the pictures.
    """
    left = memory_left()
    if isinstance(error, MemoryError) or (left is not None and left < pixels * _BYTES_A_PIXEL):
        raise MemoryError(str(error)) from error


class Damage:
    """The stretches of a video's time, in seconds, that damage has cost: each until the next keyframe is shown."""

    def __init__(self) -> None:
        self._stretches: list[tuple[Fraction, Fraction | None]] = []
        self._keyframes: list[Fraction] = []
        self._due: list[Fraction] = []  # a heap: when the frames of packets should be shown

    def covers(self, time: Fraction) -> bool:
        """Say whether the picture of a time was lost."""
        return any(begin <= time and (end is None or time < end) for begin, end in self._stretches)

    def packet(self, time: Fraction, is_keyframe: bool, size: int) -> None:
        """Note a packet that is about to be decoded; `time` is when its frame is shown."""
        if is_keyframe:
            self._stretches = [(begin, time if end is None else end) for begin, end in self._stretches]
            self._keyframes.append(time)
        if size > _EMPTY:
            heapq.heappush(self._due, time)

    def packet_lost(self, time: Fraction) -> None:
        """Note that a packet could not be decoded; nothing from `time` on stands before another keyframe comes."""
        self._stretches.append((time, None))

    def frame_lost(self, time: Fraction) -> None:
        """Note that a frame is damaged or missing, and so are those that follow until a keyframe is shown."""
        self._stretches.append((time, next((key for key in self._keyframes if key > time), None)))

    def frame(self, time: Fraction, last: Fraction | None, lasting: Fraction) -> None:
        """Note a frame that is shown, after one at `last` that lasted so long; packets between gave no frames."""
        lost = []
        while self._due and self._due[0] <= time:
            due = heapq.heappop(self._due)
            if due < time and (last is None or due >= last + _HOLE * lasting):
                lost.append(due)
        if lost:
            self.frame_lost(lost[0] if last is None else last + lasting)
        self._keyframes = [key for key in self._keyframes if key >= time]

    def restart(self) -> None:
        """Forget what was due: decoding begins anew, at a keyframe."""
        self._due.clear()
        self._keyframes.clear()
