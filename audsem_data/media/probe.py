"""Open a local media file within bounds, before anything is decoded, and choose its streams and time zero.

Media files are untrusted: only the `file` protocol and the container formats listed here are allowed, so that
a playlist or script that poses as a video cannot make the demuxer open anything else.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from audsem_data.media.reasons import MediaError, MediaReason
from audsem_data.media.tracks import ANY, Choice, choose_sound

_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,nut,"
    "mpegts,mpeg,avi,flv,asf,ogg,wav,w64,flac,mp3,aac,aiff,au,caf,ac3,eac3"
)
ZERO_TAG = "audsem_zero_s"  # a tag in which a file says where its clock's zero of playing is, in whole seconds
_ZERO_BASED = {"mov", "mp4", "matroska", "webm"}  # formats whose timeline begins at zero by definition
_DETECT = "crccheck+bitstream+buffer"  # report damage that a decoder could otherwise pass over


@dataclass(frozen=True)
class Bounds:
    """What a file may be at most: bytes, seconds, streams, and pixels of a video frame."""

    max_bytes: int
    max_duration_s: float
    max_streams: int
    max_pixels: int


@dataclass(frozen=True)
class Media:
    """An open file: its audio stream, its video stream if it has one, and its time zero.

    `zero` is what the container's clock shows, in seconds, when playing starts; `duration_s` is what the file
    declares, None if nothing.
    """

    container: InputContainer
    audio: AudioStream
    video: VideoStream | None
    zero: Fraction
    duration_s: float | None


@contextmanager
def open_media(path: Path, bounds: Bounds, choice: Choice = ANY) -> Iterator[Media]:
    """Open a file for decoding the sound that was chosen; raises MediaError if it cannot or must not be."""
    _check_size(path, bounds)
    options = {"protocol_whitelist": "file", "format_whitelist": _FORMATS}
    try:
        container = av.open(f"file:{path}", options=options, metadata_errors="replace")
    except av.error.FFmpegError as error:
        raise _open_error(path, error) from error
    with container:
        yield _choose(container, path, bounds, choice)


def _check_size(path: Path, bounds: Bounds) -> None:
    try:
        size = path.stat().st_size
    except (FileNotFoundError, NotADirectoryError) as error:
        raise MediaError(MediaReason.MEDIA_MISSING, f"{path} is not there") from error
    except OSError as error:
        raise MediaError(MediaReason.UNREADABLE, f"{path}: {error.strerror}") from error
    if not path.is_file() or size == 0:
        raise MediaError(MediaReason.NOT_MEDIA, f"{path} is empty or not a file")
    if size > bounds.max_bytes:
        raise MediaError(MediaReason.TOO_LARGE, f"{path} has {size} bytes; allowed are {bounds.max_bytes}")


def _open_error(path: Path, error: av.error.FFmpegError) -> MediaError:
    if isinstance(error, OSError):
        return MediaError(MediaReason.UNREADABLE, f"{path}: {error.strerror}")
    with path.open("rb") as file:
        head = file.read(12)
    if head[4:8] == b"ftyp":  # an mp4 that does not open: its index stands at the end, and is gone
        return MediaError(MediaReason.TRUNCATED, f"{path} is an mp4 without its index")
    return MediaError(MediaReason.NOT_MEDIA, f"{path} is no media format that is read here")


def _choose(container: InputContainer, path: Path, bounds: Bounds, choice: Choice) -> Media:
    streams = container.streams
    if len(streams) > bounds.max_streams:
        raise MediaError(
            MediaReason.TOO_MANY_STREAMS, f"{path} has {len(streams)} streams; allowed: {bounds.max_streams}"
        )
    duration_s = None if container.duration is None else container.duration / av.time_base
    if duration_s is not None and duration_s > bounds.max_duration_s:
        raise MediaError(
            MediaReason.TOO_LONG, f"{path} lasts {duration_s:.0f} s; allowed: {bounds.max_duration_s:.0f} s"
        )
    audio = choose_sound(container, choice)
    video = _video(container, path, bounds)
    return Media(container, _ready(audio, path), video, _zero(container), duration_s)


def _ready(audio: AudioStream, path: Path) -> AudioStream:
    if audio.codec_context is None or not audio.codec_context.sample_rate:
        raise MediaError(MediaReason.UNSUPPORTED, f"{path}: no decoder for its audio stream")
    audio.codec_context.thread_count = 1
    audio.codec_context.options = {"err_detect": _DETECT}
    return audio


def _video(container: InputContainer, path: Path, bounds: Bounds) -> VideoStream | None:
    """Return the moving pictures; a cover picture in an audio file is none."""
    video = container.streams.best("video")
    if not isinstance(video, VideoStream) or video.disposition & Disposition.attached_pic:
        return None
    if video.codec_context is None:
        raise MediaError(MediaReason.UNSUPPORTED, f"{path}: no decoder for its video stream")
    if video.width * video.height > bounds.max_pixels:
        raise MediaError(
            MediaReason.TOO_LARGE,
            f"{path} is {video.width}x{video.height}; allowed are {bounds.max_pixels} pixels",
        )
    video.codec_context.thread_count = 1
    video.codec_context.options = {"err_detect": _DETECT, "max_pixels": str(bounds.max_pixels)}
    return video


def _zero(container: InputContainer) -> Fraction:
    tag = container.metadata.get(ZERO_TAG, "")
    if tag.isascii() and tag.isdigit():
        return Fraction(tag)
    if _ZERO_BASED & set(container.format.name.split(",")):
        return Fraction(0)
    return Fraction(container.start_time or 0, av.time_base)
