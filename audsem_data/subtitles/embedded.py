"""Text subtitles inside media files: the streams of Matroska, WebM, MP4 and MOV.

Their timelines begin at zero, so a packet's time is the caption's. Subtitles that are pictures are not read.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import av
from av.subtitles.stream import SubtitleStream

from audsem_data.subtitles.cue import TimedText, Track, numbered
from audsem_data.subtitles.markup import strip_markup

# Media files are untrusted: nothing but these formats, from this file alone.
_OPTIONS = {"protocol_whitelist": "file", "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm"}
_PLAIN = ("srt", "subrip", "webvtt", "text")
_MOST_STREAMS = 64
_ASS_FIELDS_BEFORE_TEXT = 8


class EmbeddedTrack(NamedTuple):
    """A subtitle stream and its language as the file says it; empty where it says none."""

    language: str
    track: Track


def read_embedded(path: Path) -> list[EmbeddedTrack]:
    """Return the text subtitle streams of a media file; none for a file of another kind. Raises OSError."""
    with path.open("rb"):
        pass  # raises for a file that is gone or closed to us, which FFmpeg would call no media
    try:
        with av.open(f"file:{path}", options=_OPTIONS, metadata_errors="replace") as container:
            streams = [stream for stream in container.streams.subtitles[:_MOST_STREAMS] if _is_text(stream)]
            return list(_tracks(container, streams)) if streams else []
    except (av.error.FFmpegError, ValueError):
        return []  # what is wrong with the media, the stage that decodes it says


def _is_text(stream: SubtitleStream) -> bool:
    return stream.codec_context is not None and stream.codec_context.name in (*_PLAIN, "mov_text", "ass", "ssa")


def _tracks(container: av.container.InputContainer, streams: list[SubtitleStream]) -> Iterator[EmbeddedTrack]:
    cues: dict[int, list[TimedText]] = {stream.index: [] for stream in streams}
    damaged = dict.fromkeys(cues, 0)
    try:
        for packet in container.demux(*streams):
            text = _text(bytes(packet), packet.stream.codec_context.name)
            if not text:
                continue  # the end of the stream, or MP4's way of showing nothing
            if packet.pts is None or not packet.duration or packet.time_base is None:
                damaged[packet.stream.index] += 1
                continue
            start, end = (
                round(ticks * packet.time_base * 1000) for ticks in (packet.pts, packet.pts + packet.duration)
            )
            cues[packet.stream.index].append(TimedText(start, end, strip_markup(text)))
    except av.error.FFmpegError:
        damaged = {index: count + 1 for index, count in damaged.items()}  # the file breaks off
    for stream in streams:
        yield EmbeddedTrack(stream.language or "", numbered(cues[stream.index], damaged[stream.index]))


def _text(data: bytes, codec: str) -> str:
    """Return the text of a packet, with its markup."""
    if codec == "mov_text":
        data = data[2 : 2 + int.from_bytes(data[:2], "big")]
    text = data.decode("utf-8", "replace")
    if codec in ("ass", "ssa"):
        text = text.split(",", _ASS_FIELDS_BEFORE_TEXT)[-1]
    return text
