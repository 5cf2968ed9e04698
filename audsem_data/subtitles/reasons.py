"""Why a subtitle file gives no track, as reasons for outcomes and as the error that carries one."""

from audsem_data.core.errors import AudsemError
from audsem_data.core.outcome import Failed, Reason


class SubtitleReason(Reason):
    """What can be wrong with a whole subtitle file, or with one object of a dump."""

    EMPTY_FILE = "empty_file", "the file holds nothing but white space"
    UNDECODABLE = "undecodable", "the bytes are not text in any encoding that is tried"
    DAMAGED = "damaged", "not one cue could be read, or an object of a dump is broken"
    TOO_LARGE = "too_large", "the file is larger than a subtitle file can be"
    UNREADABLE = "unreadable", "the operating system would not read the file", True


class SubtitleError(AudsemError):
    """A subtitle file gives no track; `reason` says why and `detail` what was seen."""

    def __init__(self, reason: SubtitleReason, detail: str) -> None:
        super().__init__(f"{reason.value}: {detail}")
        self.reason = reason
        self.detail = detail

    def outcome(self) -> Failed:
        """Return the outcome of the track that the error stopped."""
        return Failed(self.reason, self.detail)
