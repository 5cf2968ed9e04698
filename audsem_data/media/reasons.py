"""Why a clip could not be cut from its media, as reasons for outcomes and as the error that carries one."""

from enum import StrEnum

from audsem_data.core.errors import AudsemError
from audsem_data.core.outcome import Failed, Filtered, Reason


class MediaReason(Reason):
    """What can be wrong with a media file, or with one clip of it.

    A property of the data filters the row (there is nothing to repair): no_media, no_audio, past_end, clock_jumps,
    silent, too_large, too_short, too_long, too_many_streams. Damage fails it permanently (another copy of the file
    may help): media_missing, not_media, unsupported, truncated, corrupt, not_finite, timed_out, crashed. Only
    unreadable is transient.
    """

    NO_MEDIA = "no_media", "no file is known for the video"
    NO_AUDIO = "no_audio", "the file has no audio stream"
    PAST_END = "past_end", "the caption ends after the audio does, by more than the tolerance"
    CLOCK_JUMPS = "clock_jumps", "the file's clock is set far ahead before the clip ends: its place is not certain"
    SILENT = "silent", "the clip's peak is below the threshold of silence"
    TOO_LARGE = "too_large", "the file's bytes or pixels exceed a bound"
    TOO_SHORT = "too_short", "the clip is shorter than `select-clips.min_duration_ms`: it was not downloaded"
    TOO_LONG = "too_long", "the file or the clip lasts longer than allowed"
    TOO_MANY_STREAMS = "too_many_streams", "the file has more streams than allowed"
    MEDIA_MISSING = "media_missing", "the file was named but is not there"
    NOT_MEDIA = "not_media", "the file is empty or no media format that is read here"
    UNSUPPORTED = "unsupported", "no decoder for the stream is installed"
    TRUNCATED = "truncated", "the file breaks off before the clip's end"
    CORRUPT = "corrupt", "the file's sound is damaged inside the clip"
    NOT_FINITE = "not_finite", "samples of the clip are no numbers (NaN) or infinite"
    TIMED_OUT = "timed_out", "decoding the file took longer than the budget"
    CRASHED = "crashed", "the decoder died on the file, or asked for more memory than allowed"
    UNREADABLE = "unreadable", "the operating system would not read the file", True


_FILTERS = frozenset(
    {
        MediaReason.NO_MEDIA,
        MediaReason.NO_AUDIO,
        MediaReason.PAST_END,
        MediaReason.CLOCK_JUMPS,
        MediaReason.SILENT,
        MediaReason.TOO_LARGE,
        MediaReason.TOO_SHORT,
        MediaReason.TOO_LONG,
        MediaReason.TOO_MANY_STREAMS,
    }
)


class NoVideo(StrEnum):
    """Why a clip that is done has no pictures."""

    AUDIO_ONLY = "audio_only"
    NOT_BEGUN = "video_not_begun"
    ENDED = "video_ended"
    DAMAGED = "video_damaged"
    UNENCODABLE = "video_unencodable"


class MediaError(AudsemError):
    """A media file, or a clip of it, cannot be used; `reason` says why and `detail` what was seen."""

    def __init__(self, reason: MediaReason, detail: str) -> None:
        super().__init__(f"{reason.value}: {detail}")
        self.reason = reason
        self.detail = detail

    def outcome(self) -> Filtered | Failed:
        """Return the outcome of the row that the error stopped."""
        kind = Filtered if self.reason in _FILTERS else Failed
        return kind(self.reason, self.detail)
