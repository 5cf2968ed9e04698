"""Read a container's packets to its end, passing over broken places, on one timeline.

Files that were put end to end (MPEG-TS, chained Ogg) have clocks that run back. There players and ffmpeg go on: the
sound after it follows the sound before it without a gap, and the pictures keep their distance from the sound. Times
of Opus that a container had rounded to milliseconds are as they were before.
"""

from collections.abc import Iterator
from fractions import Fraction

import av
from av import Packet
from av.container import InputContainer
from av.stream import Stream

from audsem_data.media.probe import Media

RESTARTS = "the clock ran back to this packet"
_MAX_ERRORS = 100
_BACK = Fraction(1, 10)  # seconds by which the sound's time runs back where its clock does, and not by wavering
_PICTURES_BACK = Fraction(1)  # the same of pictures, which are not in the order of showing
_BESIDE = Fraction(1)  # seconds between the sound and the pictures that a file has beside each other, at most
_OPUS_GRID = 120  # samples of the shortest Opus packet; all others are multiples of it
_ROUNDED = 24  # samples by which rounding to a millisecond moves, at most
_OPUS_BASE = Fraction(1, 48_000)
_MOST_HELD = 1000  # packets in which the sound's clock must run back too, once that of the pictures has


def read_packets(media: Media) -> Iterator["Packet[Stream]"]:
    """Yield the packets of all streams; a container broken in over 100 places ends there.

    The times of sound and pictures are moved where the clock ran back; what cannot be placed has no time. The first
    packet of the sound after that is marked: its `opaque` is `RESTARTS`.
    """
    clock = _Clock(media)
    for packet in _packets(media.container):
        yield from clock.take(packet)
    yield from clock.settle()


def _packets(container: InputContainer) -> Iterator["Packet[Stream]"]:
    for _ in range(_MAX_ERRORS):
        try:
            yield from container.demux()
        except av.error.FFmpegError:
            continue
        return


class _Line:
    """The clock of one stream in its own ticks: when its next packet is due, and by how much times are moved."""

    def __init__(self, stream: Stream, back: Fraction) -> None:
        self.base = stream.time_base or Fraction(1, av.time_base)
        self.back = int(back / self.base)
        self.due: int | None = None
        self.moved = 0

    def runs_back(self, packet: "Packet[Stream]") -> bool:
        """Say whether the packet's time lies before that of the one before."""
        at = _stamp(packet)
        return self.due is not None and at is not None and at < self.due - self.back and not packet.is_discard


class _Clock:
    """Moves times by what was heard before the clock ran back.

    Packets are held from the first whose time runs back until the sound tells whether the clock did: a single
    packet with a wild time is damage.
    """

    def __init__(self, media: Media) -> None:
        self._sound = _Line(media.audio, _BACK)
        self._sound_index = media.audio.index
        self._lines = {media.audio.index: self._sound}
        if media.video is not None:
            self._lines[media.video.index] = _Line(media.video, _PICTURES_BACK)
        self._held: list[Packet[Stream]] = []
        self._moved = Fraction(0)  # seconds that are added to the sound's times
        self._delay = _opus_delay(media)

    def take(self, packet: "Packet[Stream]") -> Iterator["Packet[Stream]"]:
        """Yield what can be placed now that this packet has come."""
        if not self._held and not self._runs_back(packet):
            yield self._place(packet)
            return
        told = packet.stream_index == self._sound_index and any(map(self._is_sound_run_back, self._held))
        self._held.append(packet)
        if told or len(self._held) > _MOST_HELD:
            yield from self.settle()

    def settle(self) -> Iterator["Packet[Stream]"]:
        """Yield the packets that were held."""
        held, self._held = self._held, []
        run_back = [packet for packet in held if self._is_sound_run_back(packet)]
        sounds = [packet for packet in held if packet.stream_index == self._sound_index]
        restarts = bool(run_back) and (len(run_back) > 1 or run_back == sounds[-1:])
        if restarts:
            run_back[0].opaque = RESTARTS
            self._moved += self._step(sounds, run_back[0])
        for packet in held:
            if self._runs_back(packet):
                if restarts:
                    self._move(self._lines[packet.stream_index])
                else:
                    packet.pts = packet.dts = None
            yield self._place(packet)

    def _step(self, sounds: "list[Packet[Stream]]", first: "Packet[Stream]") -> Fraction:
        """Return from where the sound's clock ran back to where it went on, in seconds."""
        before = sounds[: sounds.index(first)]
        due = _end(before[-1]) if before else self._sound.due
        at = _stamp(first)
        assert due is not None, "a clock that ran back had gone before"
        assert at is not None, "a packet without a time does not run back"
        return (due - at) * self._sound.base

    def _is_sound_run_back(self, packet: "Packet[Stream]") -> bool:
        return packet.stream_index == self._sound_index and self._runs_back(packet)

    def _runs_back(self, packet: "Packet[Stream]") -> bool:
        line = self._lines.get(packet.stream_index)
        return line is not None and line.runs_back(packet)

    def _place(self, packet: "Packet[Stream]") -> "Packet[Stream]":
        line, at = self._lines.get(packet.stream_index), _stamp(packet)
        if line is None or at is None:
            return packet
        if self._moved and line is not self._sound and self._is_beside_the_sound(line, at):
            self._move(line)  # pictures that began after the sound did
        if not packet.is_discard:
            line.due = _end(packet)
        if line is self._sound and self._delay is not None and packet.pts is not None:
            packet.pts = _before_rounding(packet.pts, self._delay)
        if line.moved:
            packet.pts = None if packet.pts is None else packet.pts + line.moved
            packet.dts = None if packet.dts is None else packet.dts + line.moved
        return packet

    def _move(self, line: _Line) -> None:
        line.moved = round(self._moved / line.base)

    def _is_beside_the_sound(self, line: _Line, at: int) -> bool:
        due = self._sound.due
        return due is not None and abs(at * line.base - due * self._sound.base) <= _BESIDE


def _stamp(packet: "Packet[Stream]") -> int | None:
    dts = packet.dts
    return packet.pts if dts is None else dts


def _end(packet: "Packet[Stream]") -> int | None:
    at = _stamp(packet)
    return None if at is None else at + (packet.duration or 0)


def _opus_delay(media: Media) -> int | None:
    """Return the delay of Opus in samples, where its times are counted in samples."""
    codec = media.audio.codec_context
    is_opus = codec.name in ("opus", "libopus") and media.audio.time_base == _OPUS_BASE
    extradata = codec.extradata or b""
    return int.from_bytes(extradata[10:12], "little") if is_opus and len(extradata) >= 12 else None


def _before_rounding(stamp: int, delay: int) -> int:
    """Return the time of an Opus packet, in samples, as it was if it may have been rounded to a millisecond."""
    exact = (stamp + delay + _OPUS_GRID // 2) // _OPUS_GRID * _OPUS_GRID - delay
    return exact if stamp % 48 == 0 and abs(exact - stamp) <= _ROUNDED else stamp
