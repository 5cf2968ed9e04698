"""What a fetched file really holds: where on the source's timeline it lies, and which clips it covers.

Nothing that a downloader says is taken for granted: the sound is decoded, from the first packet to the last clip,
and the pictures are looked through for the keyframe with which they begin.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from audsem_data.acquisition.reasons import FetchError, FetchReason
from audsem_data.acquisition.taxonomy import of_media
from audsem_data.media.cut import Target, Want, cut_audio
from audsem_data.media.decode import End, Event, Span, decode_audio
from audsem_data.media.packets import read_packets
from audsem_data.media.probe import Bounds, open_media
from audsem_data.media.reasons import MediaError

_TOLERANCE_MS = 50
_BOUNDS = Bounds(64 << 30, 86_400.0, 64, 8192 * 4320)  # of what is looked into at all


@dataclass(frozen=True)
class Measured:
    """A file that was decoded.

    Attributes:
        first_ms, last_ms: where its sound begins and ends on the source's timeline, as far as it was decoded.
        has_video: is there a video stream?
        pictures_ms: where its first keyframe is shown, on the source's timeline; None where it has none.
        failed: the clips that it does not hold, and why.
    """

    first_ms: float
    last_ms: float
    has_video: bool
    pictures_ms: float | None
    failed: dict[str, FetchError]


def measure(path: Path, clips: Sequence[Want], whole: bool) -> Measured:
    """Decode a file's sound as far as these clips need it; raises FetchError if that cannot be.

    `whole` says that the file is the video, and no section of it: what is missing is then missing at the source.
    """
    try:
        with open_media(path, _BOUNDS) as media:
            rate = media.audio.codec_context.sample_rate
            reach = _Reach()
            cuts = cut_audio(reach.watch(decode_audio(media)), clips, rate, Target(rate, _TOLERANCE_MS))
            failed = {
                key: of_media(cut.reason, cut.detail, whole) for key, cut in cuts if isinstance(cut, MediaError)
            }
            first_ms = (reach.first or 0) * 1000 / rate
            if not whole:
                failed |= {
                    clip.key: _late(clip, first_ms) for clip in clips if clip.start_ms < first_ms - _TOLERANCE_MS
                }
            last_ms, has_video = round(reach.last * 1000 / rate, 3), media.video is not None
        return Measured(round(first_ms, 3), last_ms, has_video, _pictures_ms(path), failed)
    except MediaError as error:
        raise of_media(error.reason, error.detail, whole) from error


def _pictures_ms(path: Path) -> float | None:
    with open_media(path, _BOUNDS) as media:
        for packet in read_packets(media):
            if media.video and packet.stream_index == media.video.index and packet.is_keyframe and packet.time_base:
                stamp = packet.dts if packet.pts is None else packet.pts
                return None if stamp is None else round(float(stamp * packet.time_base - media.zero) * 1000, 3)
    return None


def _late(clip: Want, first_ms: float) -> FetchError:
    detail = f"the sound of the section begins at {first_ms:.0f} ms, after the clip does ({clip.start_ms} ms)"
    return FetchError(FetchReason.TRUNCATED, detail)


class _Reach:
    """Notes the first and the last source sample that passed by."""

    def __init__(self) -> None:
        self.first: int | None = None
        self.last = 0

    def watch(self, events: Iterable[Event]) -> Iterator[Event]:
        for event in events:
            if isinstance(event, Span):
                self.first = event.start if self.first is None else self.first
                self.last = event.start + len(event.samples)
            elif isinstance(event, End):
                self.last = event.position
            yield event
