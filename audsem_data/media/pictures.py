"""Make the silent videos of clips in one pass over a file: frames at a fixed rate on each clip's own timeline."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

import av
from av import VideoFrame
from av.video.stream import VideoStream

from audsem_data.media.cut import Want
from audsem_data.media.damage import blame_damage
from audsem_data.media.encode import encode_video, picture_size
from audsem_data.media.frames import frames_at
from audsem_data.media.probe import Media
from audsem_data.media.reasons import NoVideo
from audsem_data.media.scaling import Scaler


class Pictures(NamedTuple):
    """A clip's mp4, the size of its pictures in pixels, and how many it has and lacks."""

    data: bytes
    width: int
    height: int
    frames: int
    missing: int


class Look(NamedTuple):
    """What clips shall look like: the most height in pixels, and pictures a second."""

    height: int
    fps: int


def cut_pictures(
    media: Media, video: VideoStream, wants: Sequence[Want], look: Look
) -> Iterator[tuple[str, Pictures | NoVideo]]:
    """Yield each wanted clip, as soon as the pass is beyond it, with its pictures or why it has none.

    They are those on screen at start, start + 1/fps ... of the clip. Where the video begins inside the clip or ends
    there, the pictures outside are missing and no others stand in for them; a damaged one costs the clip's video.
    """
    aspect = video.sample_aspect_ratio or Fraction(1)
    plan: defaultdict[Fraction, list[tuple[_Clip, int]]] = defaultdict(list)
    for want in wants:
        clip = _Clip(want, look, aspect)
        for number in range(clip.count):
            plan[Fraction(want.start_ms, 1000) + Fraction(number, look.fps)].append((clip, number))
    for time, shown in frames_at(media, video, sorted(plan)):
        for clip, number in plan.pop(time):
            clip.take(number, shown)
            if number + 1 == clip.count:
                yield clip.want.key, clip.finish()


class _Clip:
    """The pictures of a clip that the pass has met."""

    def __init__(self, want: Want, look: Look, aspect: Fraction) -> None:
        self.want, self._look, self._aspect = want, look, aspect
        self.count = -(-(want.end_ms - want.start_ms) * look.fps // 1000)
        self._size: tuple[int, int] | None = None
        self._frames: list[VideoFrame] = []
        self._first = self._pixels = 0
        self._missing: list[NoVideo] = []
        self._scaler = Scaler()

    def take(self, number: int, shown: VideoFrame | NoVideo) -> None:
        """Keep a picture as the clip will show it, or why there is none."""
        if isinstance(shown, NoVideo):
            self._missing.append(shown)
            return
        if self._size is None:
            self._first, self._pixels = number, shown.width * shown.height
            self._size = picture_size(shown, self._look.height, self._aspect)
        try:
            self._frames.append(self._scaler.scale(shown, self._size))
        except av.error.FFmpegError as error:
            blame_damage(error, shown.width * shown.height)
            self._missing.append(NoVideo.UNENCODABLE)

    def finish(self) -> Pictures | NoVideo:
        """Return the clip's video, or why it has none."""
        for reason in (NoVideo.DAMAGED, NoVideo.UNENCODABLE):
            if reason in self._missing:
                return reason
        if self._size is None:
            return self._missing[0]
        try:
            data = encode_video(self._frames, self._look.fps, self._first)
        except av.error.FFmpegError as error:
            blame_damage(error, self._pixels)
            return NoVideo.UNENCODABLE
        return Pictures(data, *self._size, len(self._frames), len(self._missing))
