"""Find the video frame that is on screen at a given time, by one pass that goes forward and skips long gaps.

A skip lands on the keyframe before the wanted time and decodes from there; frames that a decoder may deliver
before that keyframe are never used, so a frame is the same whether the pass skipped or not.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

import av
from av import VideoFrame
from av.video.stream import VideoStream

from audsem_data.media.packets import read_packets
from audsem_data.media.probe import Media
from audsem_data.media.reasons import MediaError, MediaReason

_SKIP_AFTER = Fraction(10)  # seconds; below it decoding on costs less than a keyframe interval
_LAST_STAYS = Fraction(1)  # seconds that a video's last frame is shown, if it declares no longer
_MAX_FRAMES = 20_000  # decoded for one wanted frame: 10 s at 240 frames a second, many times over


class _Shown(NamedTuple):
    """A decoded frame, on screen from `time` to `until` (seconds from time zero), unless another follows."""

    time: Fraction
    until: Fraction
    frame: VideoFrame
    good: bool


class FrameReader:
    """Frames of an open file, cheapest when asked for in time order."""

    def __init__(self, media: Media, video: VideoStream) -> None:
        self._media, self._video = media, video
        self._frames: Iterator[_Shown] = iter(())
        self._now: _Shown | None = None
        self._next: _Shown | None = None
        self._damaged = False  # since the last good frame that was decoded

    def at(self, time: Fraction) -> VideoFrame | None:
        """Return the frame on screen at `time`, in seconds from time zero; None once the video has ended.

        Before the first frame it is the first. Raises MediaError where the video is damaged.
        """
        if self._now is None or not self._now.time <= time <= self._now.time + _SKIP_AFTER:
            self._seek(time)
        for _ in range(_MAX_FRAMES):
            if self._next is None or self._next.time > time:
                return self._pick(time)
            self._step()
        raise MediaError(MediaReason.TOO_LARGE, f"over {_MAX_FRAMES} frames to reach {float(time):.3f} s")

    def _pick(self, time: Fraction) -> VideoFrame | None:
        broken = MediaError(MediaReason.CORRUPT, f"no picture could be decoded at {float(time):.3f} s")
        if self._now is None or (self._next is None and time >= self._now.until):
            if self._damaged:
                raise broken
            return None
        if not self._now.good:
            raise broken
        return self._now.frame

    def _step(self) -> None:
        self._now, self._next = self._next, next(self._frames, None)

    def _seek(self, time: Fraction) -> None:
        """Go to a keyframe at or before `time`; files are sought by decoding time, so it may take more tries."""
        for back in (0, 5, 30, 300):
            target = max(time - back + self._media.zero, Fraction(0))
            self._start(target)
            if (self._now and self._now.time <= time) or target == 0:
                return
        self._start(Fraction(0))

    def _start(self, target: Fraction) -> None:
        assert self._video.time_base is not None
        try:
            self._media.container.seek(int(target / self._video.time_base), stream=self._video)
        except av.error.FFmpegError as error:
            raise MediaError(MediaReason.CORRUPT, f"no way to go to {float(target):.3f} s: {error}") from error
        self._frames = self._decode()
        self._now = self._next = None
        for shown in self._frames:
            if shown.frame.key_frame:
                self._now, self._next = shown, next(self._frames, None)
                return

    def _decode(self) -> Iterator[_Shown]:
        """Yield frames in the order of showing; after damage none is good until a good keyframe."""
        self._damaged = False
        last: Fraction | None = None
        for packet in read_packets(self._media.container, self._video):
            try:
                frames = self._video.decode(packet)
            except av.error.EOFError:
                continue
            except av.error.FFmpegError:
                self._damaged = True
                continue
            for frame in frames:
                if frame.pts is None or frame.time_base is None:
                    continue
                time = frame.pts * frame.time_base - self._media.zero
                self._damaged = frame.is_corrupt or (self._damaged and not frame.key_frame)
                if last is None or time > last:
                    until = time + max(frame.duration * frame.time_base, _LAST_STAYS)
                    yield _Shown(time, until, frame, not self._damaged)
                    last = time
