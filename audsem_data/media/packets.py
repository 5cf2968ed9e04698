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
_OPUS_GRID = Fraction(1, 400)  # seconds: the shortest Opus packet; all others are multiples of it
_HALF_MS = Fraction(1, 2000)
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


class _Clock:
    """Moves times by what was heard before the clock ran back.

    Packets are held from the first whose time runs back until the sound tells whether the clock did: a single
    packet with a wild time is damage.
    """

    def __init__(self, media: Media) -> None:
        self._sound = media.audio.index
        self._due: dict[int, Fraction | None] = {self._sound: None}  # by stream: when its next packet should come
        if media.video is not None:
            self._due[media.video.index] = None
        self._moved = dict.fromkeys(self._due, Fraction(0))  # by stream: what is added to its times
        self._held: list[Packet[Stream]] = []
        codec = media.audio.codec_context
        is_opus = codec.name in ("opus", "libopus") and len(codec.extradata or b"") >= 12
        self._delay = int.from_bytes((codec.extradata or b"")[10:12], "little") if is_opus else None

    def take(self, packet: "Packet[Stream]") -> Iterator["Packet[Stream]"]:
        """Yield what can be placed now that this packet has come."""
        if not self._held and not self._runs_back(packet):
            yield self._place(packet)
            return
        told = packet.stream_index == self._sound and any(map(self._is_sound_run_back, self._held))
        self._held.append(packet)
        if told or len(self._held) > _MOST_HELD:
            yield from self.settle()

    def settle(self) -> Iterator["Packet[Stream]"]:
        """Yield the packets that were held."""
        held, self._held = self._held, []
        begun = self._moved[self._sound]
        run_back = [packet for packet in held if self._is_sound_run_back(packet)]
        sounds = [packet for packet in held if packet.stream_index == self._sound]
        restarts = bool(run_back) and (len(run_back) > 1 or run_back == sounds[-1:])
        moved = begun
        if restarts:
            run_back[0].opaque = RESTARTS
            moved += self._step(sounds, run_back[0])
        for packet in held:
            if self._runs_back(packet):
                if restarts:
                    self._moved[packet.stream_index] = moved
                else:
                    packet.pts = packet.dts = None
            yield self._place(packet)

    def _step(self, sounds: "list[Packet[Stream]]", first: "Packet[Stream]") -> Fraction:
        """Return from where the sound's clock ran back to where it went on, in seconds."""
        before = sounds[: sounds.index(first)]
        due = _end(before[-1]) if before else self._due[self._sound]
        at = _time(first)
        assert due is not None, "a clock that ran back had gone before"
        assert at is not None, "a packet without a time does not run back"
        return due - at

    def _is_sound_run_back(self, packet: "Packet[Stream]") -> bool:
        return packet.stream_index == self._sound and self._runs_back(packet)

    def _runs_back(self, packet: "Packet[Stream]") -> bool:
        due, time = self._due.get(packet.stream_index), _time(packet)
        back = _BACK if packet.stream_index == self._sound else _PICTURES_BACK
        return due is not None and time is not None and not packet.is_discard and time < due - back

    def _place(self, packet: "Packet[Stream]") -> "Packet[Stream]":
        stream, time = packet.stream_index, _time(packet)
        if stream not in self._due or time is None or packet.time_base is None:
            return packet
        heard = self._due[self._sound]
        if heard is not None and abs(time - heard) <= _BESIDE:  # pictures that began after the sound did
            self._moved[stream] = self._moved[self._sound]
        if not packet.is_discard:
            self._due[stream] = _end(packet)
        ticks = round(self._moved[stream] / packet.time_base)
        packet.pts = None if packet.pts is None else packet.pts + ticks
        packet.dts = None if packet.dts is None else packet.dts + ticks
        if stream == self._sound and self._delay is not None and packet.pts is not None:
            packet.pts = _before_rounding(packet.pts, packet.time_base, Fraction(self._delay, 48_000))
        return packet


def _before_rounding(stamp: int, base: Fraction, delay: Fraction) -> int:
    """Return the timestamp of an Opus packet as it was, if it may have been rounded to a whole millisecond."""
    time = stamp * base
    exact = round((time + delay) / _OPUS_GRID) * _OPUS_GRID - delay
    may_be = (time * 1000).denominator == 1 and abs(exact - time) <= _HALF_MS and (exact / base).denominator == 1
    return int(exact / base) if may_be else stamp


def _time(packet: "Packet[Stream]") -> Fraction | None:
    stamp = packet.pts if packet.dts is None else packet.dts
    return None if stamp is None or packet.time_base is None else stamp * packet.time_base


def _end(packet: "Packet[Stream]") -> Fraction | None:
    time = _time(packet)
    return None if time is None or packet.time_base is None else time + (packet.duration or 0) * packet.time_base
