"""Decode a file's audio from its beginning, placed on the source's own timeline by its timestamps.

Decoding always starts at the first packet, so a sample's place never depends on which clips are wanted. The
decoder itself removes what an encoder put before the sound (AAC priming and edit lists, opus pre-skip).
Timestamps that waver by up to 15 ms are taken for what they are, rounding: the samples follow each other.
A larger jump moves the clock. What a jump leaves empty is silence if the other streams go on meanwhile, or if
it is short; if nothing in the file covers that time, the file has lost it. Where a clock ran back, the samples
follow each other (`media.packets`); where one was set far ahead, nothing after it can be placed.
"""

from collections import deque
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple, cast

import av
from av import AudioFrame, Packet
from av.format import Flags
from av.stream import Stream

from audsem_data.media.mixdown import Samples, to_mono
from audsem_data.media.packets import RESTARTS, read_packets
from audsem_data.media.probe import Media
from audsem_data.media.reasons import MediaReason
from audsem_data.media.resample import StreamResampler

_WAVER_S = 0.015  # below a lost packet (20 ms opus, 21 ms AAC), above the wavering of real files (10.7 ms seen)
_WITHOUT_TIMES = frozenset({"aac", "ac3", "eac3"})  # FFmpeg counts packets there, all as long as the first
_SHORT_HOLE_S = 0.1
_JUMP_S = 10  # by which ffmpeg takes a clock to have been set, where a format's clocks are (MPEG-TS, MPEG-PS, Ogg)
_SLACK_S = 0.5  # a file whose data end this much before its declared end was cut off


class Span(NamedTuple):
    """Mono samples, float32 shape (n,), at the rate of the file's beginning.

    The first is number `start` from time zero; `rate` is what the file has here, in hertz.
    """

    start: int
    samples: Samples
    rate: int


class Lost(NamedTuple):
    """Source samples [start, end) that the file should hold and that could not be decoded."""

    start: int
    end: int


class End(NamedTuple):
    """The sound ends before source sample `position`; `reason` says how: past_end, truncated or clock_jumps."""

    position: int
    reason: MediaReason


Event = Span | Lost | End


def decode_audio(media: Media) -> Iterator[Event]:
    """Yield what a file's audio holds, in time order and without overlap; the last event is an End."""
    timeline = _Timeline(media)
    for packet in read_packets(media):
        timeline.reach(packet)
        if packet.stream_index != media.audio.index:
            continue
        try:
            frames = media.audio.decode(packet)
        except av.error.EOFError:
            continue
        except av.error.FFmpegError:
            timeline.damaged = True
            continue
        if packet.opaque is RESTARTS:
            timeline.restart()
        for frame in frames:
            yield from timeline.place(frame)
            if timeline.is_over:
                return
    yield from timeline.close()


class _Timeline:
    """Where the next sample belongs, and what the other streams cover ahead of it."""

    def __init__(self, media: Media) -> None:
        self._media = media
        self._rate = media.audio.codec_context.sample_rate
        self._resampler = StreamResampler(self._rate, self._rate)
        self._odd: AudioFrame | None = None  # of another rate than those before
        self._next = 0
        self._shift = 0  # samples by which places are moved, as clocks that ran back are known to a packet only
        self._started = self._restarts = False
        self._zero_s = float(media.zero)
        self._furthest_s = 0.0
        self._seen_s: deque[float] = deque(maxlen=4096)  # times of other streams' packets, ahead of the audio
        self._may_jump = bool(media.container.format.flags & cast(int, Flags.ts_discont.value))
        self._is_counted = media.container.format.name in _WITHOUT_TIMES
        self._cut_off = self.is_over = False
        self.damaged = False

    def reach(self, packet: "Packet[Stream]") -> None:
        """Note how far the file's data reach."""
        if packet.pts is None or packet.time_base is None:
            return
        base = float(packet.time_base)
        time = packet.pts * base - self._zero_s
        self._furthest_s = max(self._furthest_s, time + (packet.duration or 0) * base)
        if packet.stream_index == self._media.audio.index:
            self._cut_off = packet.is_corrupt
        else:
            self._seen_s.append(time)

    def restart(self) -> None:
        """Let the next frame follow the one before, whatever its time."""
        self._restarts = True

    def place(self, frame: AudioFrame) -> Iterator[Event]:
        """Yield the frame's samples at the rate of the file's beginning, after the loss that the step to it shows.

        One frame of another rate is damage; from two on it is the file's new rate.
        """
        if frame.is_corrupt:
            self.damaged = True
            return
        odd, self._odd = self._odd, None
        if frame.sample_rate != self._resampler.from_rate:
            if odd is None or odd.sample_rate != frame.sample_rate:
                self._odd = frame
                self.damaged = self.damaged or odd is not None
                return
            yield from self._drain()
            self._resampler = StreamResampler(frame.sample_rate, self._rate)
            yield from self._put(odd)
        elif odd is not None:
            self.damaged = True
        if not self.is_over:
            yield from self._put(frame)

    def _put(self, frame: AudioFrame) -> Iterator[Event]:
        at, due, samples = self._position(frame), self._next + self._resampler.pending, to_mono(frame)
        if self._started and (self._restarts or (self._is_counted and not self.damaged)):
            self._shift += due - at
            at = due
        self._restarts = False
        if self.damaged:
            yield from self._drain()
            yield Lost(self._next, max(at, self._next + 1))
        elif not self._started:
            due = at
        elif abs(at - due) <= _WAVER_S * self._rate:
            at = due
        elif at > due:
            yield from self._drain()
            if not self._is_silence(due / self._rate, at / self._rate):
                self.is_over = self._may_jump and at - due > _JUMP_S * self._rate
                yield End(due, MediaReason.CLOCK_JUMPS) if self.is_over else Lost(due, at)
        heard = max(due - at, 0) * self._resampler.from_rate // self._rate
        self._next = max(at, due) - self._resampler.pending
        yield from self._give(self._resampler.take(samples[heard:]))  # time never runs back: what was heard stays
        self._started, self.damaged = True, False
        while self._seen_s and self._seen_s[0] * self._rate <= self._next:
            self._seen_s.popleft()

    def _drain(self) -> Iterator[Event]:
        yield from self._give(self._resampler.flush())

    def _give(self, samples: Samples) -> Iterator[Event]:
        if len(samples):
            yield Span(self._next, samples, self._resampler.from_rate)
            self._next += len(samples)

    def close(self) -> Iterator[Event]:
        """Yield the end."""
        yield from self._drain()
        declared_s = self._media.duration_s
        short = declared_s is not None and self._furthest_s < declared_s - _SLACK_S
        if self.damaged:
            end = round(max(self._furthest_s, declared_s or 0) * self._rate)
            yield Lost(self._next, max(end, self._next + 1))
        yield End(self._next, MediaReason.TRUNCATED if short or self._cut_off else MediaReason.PAST_END)

    def _position(self, frame: AudioFrame) -> int:
        if frame.pts is None or frame.time_base is None:
            return self._next + self._resampler.pending
        return round((frame.pts * frame.time_base - self._media.zero) * self._rate) + self._shift

    def _is_silence(self, start_s: float, end_s: float) -> bool:
        """Say whether a hole in the audio is silence: short, or other streams run through it."""
        if end_s - start_s <= _SHORT_HOLE_S:
            return True
        times = [start_s, *sorted(time for time in self._seen_s if start_s < time < end_s), end_s]
        longest = max(later - earlier for earlier, later in pairwise(times))
        return longest < (end_s - start_s) / 2
