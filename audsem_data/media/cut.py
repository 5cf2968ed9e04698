"""Cut many clips out of one pass over a file's audio, each exact to the sample of the source's timeline."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from audsem_data.media.decode import End, Event, Lost, Span
from audsem_data.media.mixdown import Samples
from audsem_data.media.reasons import MediaError, MediaReason
from audsem_data.media.resample import context

_GUARD_MS = 25  # packets beside a lost one decode badly, for they overlap it; less than a context's 100 ms


class Want(NamedTuple):
    """A clip that is wanted: half-open, in milliseconds from time zero of the source."""

    key: str
    start_ms: int
    end_ms: int


class Cut(NamedTuple):
    """A clip's mono samples, float32 shape (n,), and the milliseconds of them that the source did not hold.

    `source_rate` is the source's at the clip's beginning, in hertz.
    """

    samples: Samples
    padded_ms: int
    source_rate: int


class Target(NamedTuple):
    """What is cut to: the output's rate in hertz, and how far past the audio's end a clip may run."""

    rate: int
    end_tolerance_ms: int


def cut_audio(
    events: Iterable[Event], wants: Sequence[Want], source_rate: int, target: Target
) -> Iterator[tuple[str, Cut | MediaError]]:
    """Yield every wanted clip as soon as the pass is beyond it; stops the pass after the last.

    Holds the samples of the clips that are under way, nothing else.
    """
    waiting = deque(_Window(want, source_rate, target) for want in sorted(wants, key=lambda want: want[1:]))
    active: list[_Window] = []
    for event in events:
        if isinstance(event, End):
            yield from ((window.want.key, window.finish_at(event)) for window in (*active, *waiting))
            return
        now = _end(event)
        while waiting and waiting[0].begin < now:
            active.append(waiting.popleft())
        for window in active:
            window.take(event)
        yield from ((window.want.key, window.finish()) for window in active if window.end <= now)
        active = [window for window in active if window.end > now]
        if not active and not waiting:
            return


def _end(event: Span | Lost) -> int:
    return event.end if isinstance(event, Lost) else event.start + len(event.samples)


class _Window:
    """The source samples around a clip, filled as they are decoded."""

    def __init__(self, want: Want, source_rate: int, target: Target) -> None:
        self.want, self._rate, self._target = want, source_rate, target
        self._context = context(want.start_ms, want.end_ms, source_rate, target.rate)
        self.begin, self.end = self._context.begin, self._context.end
        self._start = want.start_ms * source_rate // 1000
        self._stop = -(-want.end_ms * source_rate // 1000)
        self._held = 0
        self._buffer: Samples | None = None
        self._lost: Lost | None = None
        self._source_rate = source_rate

    def take(self, event: Span | Lost) -> None:
        """Copy what the event has for this clip."""
        if isinstance(event, Lost):
            guard = self._rate * _GUARD_MS // 1000
            if event.start < self._stop + guard and event.end > self._start - guard:
                self._lost = event
            return
        start, end = max(event.start, self.begin), min(_end(event), self.end)
        if start < end:
            if self._buffer is None or event.start <= self._start:
                self._source_rate = event.rate
            if self._buffer is None:
                self._buffer = np.zeros(self.end - self.begin, np.float32)
            self._buffer[start - self.begin : end - self.begin] = event.samples[
                start - event.start : end - event.start
            ]
            self._held += max(min(end, self._stop) - max(start, self._start), 0)

    def finish(self) -> Cut | MediaError:
        """Return the clip, or why there is none."""
        if self._lost:
            seconds = tuple(sample / self._rate for sample in self._lost)
            return MediaError(
                MediaReason.CORRUPT, "no audio could be decoded from {:.3f} to {:.3f} s".format(*seconds)
            )
        source = self._buffer if self._buffer is not None else np.zeros(self.end - self.begin, np.float32)
        missing = self._stop - self._start - self._held
        bad = ~np.isfinite(source)
        if count := int(bad[self._start - self.begin : self._stop - self.begin].sum()):
            detail = f"{count} of {self._stop - self._start} samples are NaN or infinite"
            return MediaError(MediaReason.NOT_FINITE, detail)
        source[bad] = 0  # around the clip, where the resampler looks
        samples = self._context.cut(source, self._rate, self._target.rate)
        return Cut(samples, -(-missing * 1000 // self._rate), self._source_rate)

    def finish_at(self, end: End) -> Cut | MediaError:
        """Return the clip if the sound's end leaves enough of it, or why there is none."""
        over_ms = self.want.end_ms - end.position * 1000 / self._rate
        if self._lost or over_ms <= self._target.end_tolerance_ms:
            return self.finish()
        what = "file's clock is set ahead" if end.reason is MediaReason.CLOCK_JUMPS else "audio ends"
        detail = f"the {what} at {end.position / self._rate:.3f} s, {over_ms:.0f} ms before the caption does"
        return MediaError(end.reason, detail)
