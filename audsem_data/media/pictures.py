"""Make the silent video of a clip from an open file: frames at a fixed rate on the clip's own timeline."""

from fractions import Fraction
from typing import NamedTuple

from av import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from audsem_data.media.cut import Want
from audsem_data.media.encode import encode_video, picture_size, scale
from audsem_data.media.frames import FrameReader
from audsem_data.media.probe import Media


class Pictures(NamedTuple):
    """A clip's mp4 and the size of its pictures, in pixels."""

    data: bytes
    width: int
    height: int
    frames: int


class PictureCutter:
    """Makes the videos of clips, cheapest when asked for in time order."""

    def __init__(self, media: Media, video: VideoStream, height: int, fps: int) -> None:
        self._reader = FrameReader(media, video)
        self._aspect = video.sample_aspect_ratio or Fraction(1)
        self._height, self._fps = height, fps
        self._scaler = VideoReformatter()

    def cut(self, want: Want) -> Pictures | None:
        """Return the frames on screen at start, start + 1/fps ... of the clip; None if the video has ended.

        A video that ends inside the clip holds its last frame. Raises MediaError where the video is damaged.
        """
        frames: list[VideoFrame] = []
        size: tuple[int, int] | None = None
        for number in range(-(-(want.end_ms - want.start_ms) * self._fps // 1000)):
            frame = self._reader.at(Fraction(want.start_ms, 1000) + Fraction(number, self._fps))
            if frame is None:
                frames += frames[-1:]
                continue
            size = size or picture_size(frame, self._height, self._aspect)
            frames.append(scale(frame, size, self._scaler))
        if size is None:
            return None
        return Pictures(encode_video(frames, self._fps), *size, len(frames))
