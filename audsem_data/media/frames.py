"""Find the video frames that are on screen at given times, by one pass over a file's packets.

Nothing is sought by time, for containers answer by decoding time, by an index that edit lists contradict, or by a
clock that wraps. Decoding begins at the last packet that is marked as a keyframe and is shown at or before a wanted
time; what a decoder delivers from before that packet is not used. So a frame is the same whatever else is wanted.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

import av
from av import Packet, VideoFrame
from av.stream import Stream
from av.video.stream import VideoStream

from audsem_data.media.damage import Damage, blame_damage
from audsem_data.media.packets import read_packets
from audsem_data.media.probe import Media
from audsem_data.media.reasons import NoVideo

_MOST_HELD = 32 << 20  # bytes of packets that wait for a later keyframe; beyond it they are decoded as they come
_USUAL_RATE = 25  # frames a second of a video that does not say


class _Shown(NamedTuple):
    """A decoded frame, on screen from `time` until the next one, or until `until`; in seconds from time zero."""

    time: Fraction
    until: Fraction
    frame: VideoFrame


def frames_at(
    media: Media, video: VideoStream, times: Sequence[Fraction]
) -> Iterator[tuple[Fraction, VideoFrame | NoVideo]]:
    """Yield the ascending `times`, in seconds from time zero, each with the frame on screen or why none is."""
    waiting = deque(times)
    decoder = _Decoder(media, video, waiting)
    now: _Shown | None = None
    for after in decoder.frames():
        while waiting and waiting[0] < after.time:
            yield waiting[0], decoder.lost(waiting[0]) or (NoVideo.NOT_BEGUN if now is None else now.frame)
            waiting.popleft()
        now = after
        if not waiting:
            return
    for time in waiting:
        yield time, decoder.lost(time) or _last(now, time)


def _last(now: _Shown | None, time: Fraction) -> VideoFrame | NoVideo:
    if now is None:
        return NoVideo.NOT_BEGUN
    return now.frame if time < now.until else NoVideo.ENDED


class _Decoder:
    """Decodes what the first of the `waiting` times needs, and leaves out what none needs."""

    def __init__(self, media: Media, video: VideoStream, waiting: deque[Fraction]) -> None:
        self._media, self._video, self._waiting = media, video, waiting
        self._base = video.time_base or Fraction(1, av.time_base)
        self._ticks: tuple[Fraction, int] | None = None  # the wanted time, and the same in ticks
        self._held: list[Packet[Stream]] = []  # from a keyframe on, as a later one may make them unnecessary
        self._bytes = 0
        self._decoding = False
        self._begin: Fraction | None = None  # when the keyframe is shown at which decoding began
        self._last: _Shown | None = None  # since decoding began
        self._damage = Damage()

    def lost(self, time: Fraction) -> NoVideo | None:
        """Say whether damage has cost the picture of a time that was decoded."""
        return NoVideo.DAMAGED if self._damage.covers(time) else None

    def frames(self) -> Iterator[_Shown]:
        """Yield frames in the order of showing."""
        for packet in read_packets(self._media):
            if not self._waiting:
                return
            if packet.stream_index != self._video.index:
                continue
            at = packet.dts if packet.pts is None else packet.pts
            if packet.is_keyframe and at is not None and (at <= self._wanted() or self._begin is None):
                self._hold_from(at)
            if self._decoding:
                yield from self._decode(packet)
            elif self._begin is not None:
                self._held.append(packet)
                self._bytes += packet.size
                if self._is_due(packet, at):
                    yield from self._decode_held()
        yield from self._decode_held()

    def _wanted(self) -> int:
        """Return the wanted time in the video's ticks, rounded down; most packets are compared with it alone."""
        if self._ticks is None or self._ticks[0] is not self._waiting[0]:
            time = self._waiting[0]
            self._ticks = time, int((time + self._media.zero) // self._base)
        return self._ticks[1]

    def _hold_from(self, at: int) -> None:
        """Forget what came before a keyframe that is shown at or before the wanted time."""
        self._held.clear()
        self._bytes, self._decoding, self._begin = 0, False, self._time(at)

    def _is_due(self, packet: "Packet[Stream]", at: int | None) -> bool:
        """Say whether no later keyframe can be shown at or before the wanted time, or too much is held."""
        wanted, decoded = self._wanted(), packet.dts
        passed = decoded is None or decoded > wanted or (packet.is_keyframe and at is not None and at > wanted)
        return passed or self._bytes > _MOST_HELD

    def _decode_held(self) -> Iterator[_Shown]:
        """Begin to decode, at the packet that was held first."""
        if self._decoding or not self._held:
            return
        self._video.codec_context.flush_buffers()
        self._damage.restart()
        self._decoding, self._last = True, None
        held, self._held = self._held, []
        for packet in held:
            yield from self._decode(packet)

    def _decode(self, packet: "Packet[Stream]") -> Iterator[_Shown]:
        shown, decoded = self._time(packet.pts), self._time(packet.dts)
        if shown is not None and not packet.is_discard:
            self._damage.packet(shown, packet.is_keyframe, packet.size)
        begun = shown if decoded is None else decoded  # nothing from this packet on is shown earlier
        if packet.is_corrupt and begun is not None:
            self._damage.packet_lost(begun)
        try:
            frames = self._video.decode(packet)
        except av.error.EOFError:
            return
        except av.error.FFmpegError as error:
            blame_damage(error, self._video.width * self._video.height)
            if begun is not None:
                self._damage.packet_lost(begun)
            return
        for frame in frames:
            yield from self._show(frame)

    def _show(self, frame: VideoFrame) -> Iterator[_Shown]:
        time = self._time(frame.pts if frame.pts is not None else frame.dts)
        if time is None or (self._begin is not None and time < self._begin):
            return
        if frame.is_corrupt:
            self._damage.frame_lost(time)
        if self._last is None or time > self._last.time:
            last = self._last
            self._damage.frame(time, last and last.time, last.until - last.time if last else Fraction(0))
            self._last = _Shown(time, time + self._lasting(frame), frame)
            yield self._last

    def _lasting(self, frame: VideoFrame) -> Fraction:
        if frame.duration and frame.time_base:
            return frame.duration * frame.time_base
        return 1 / Fraction(self._video.average_rate or self._video.guessed_rate or _USUAL_RATE)

    def _time(self, stamp: int | None) -> Fraction | None:
        """Return the seconds from time zero of a packet's or frame's timestamp."""
        return None if stamp is None else stamp * self._base - self._media.zero
