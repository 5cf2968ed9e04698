"""Why something could not be fetched, as reasons for outcomes, and the error that carries one."""

from audsem_data.core.outcome import Failed, Filtered, Reason


class FetchReason(Reason):
    """What can keep a video, or a part of it, from being fetched.

    Transient failures are tried again by a later run, once they have cooled down; permanent ones only by
    `audsem-data retry`. A message that no rule knows is `unknown`: never success, and never tried behind your back.
    """

    PRIVATE = "private", "its owner has made the video private"
    REMOVED = "removed", "the video is gone: deleted, or never there"
    TERMINATED = "terminated", "the account that held the video was closed"
    COPYRIGHT = "copyright", "blocked or taken down by a claim of rights"
    GEO_BLOCKED = "geo_blocked", "not offered in the country from which it was asked for"
    AGE_RESTRICTED = "age_restricted", "only for viewers who have proved their age: needs cookies of an account"
    MEMBERS_ONLY = "members_only", "only for the channel's members, or for those who pay"
    LOGIN_REQUIRED = "login_required", "only for viewers who are signed in: needs cookies of an account"
    LIVE = "live", "being streamed, or still to come", True
    DRM = "drm", "encrypted: it cannot be had"
    NO_FORMAT = "no_format", "the site offers no format that fits the options"
    UNSOLVED = (
        "unsolved",
        "the site's JavaScript was not solved: needs the extra `youtube`, or a newer yt-dlp",
        True,
    )
    UNSUPPORTED_SITE = "unsupported_site", "yt-dlp does not know how to read this address"
    NOT_FOUND = "not_found", "the server has nothing there (404)"
    GONE = "gone", "the server says that it is gone for good (410)"
    FORBIDDEN = "forbidden", "the server refused (401, 403): often an address that expired", True
    RATE_LIMITED = "rate_limited", "the server asks for fewer requests (429)", True
    BOT_CHECK = "bot_check", "the site asks for proof that a person is watching", True
    SERVER_ERROR = "server_error", "the server failed (5xx)", True
    NETWORK = "network", "no connection, or one that broke", True
    TIMED_OUT = "timed_out", "nothing more came within the time allowed", True
    TRUNCATED = "truncated", "less arrived than the source should hold", True
    CORRUPT = "corrupt", "what arrived is damaged inside the clip"
    NOT_MEDIA = "not_media", "what arrived is no media"
    NO_AUDIO = "no_audio", "what arrived has no sound"
    TOO_LARGE = "too_large", "more bytes, streams, pixels or seconds than allowed"
    PAST_END = "past_end", "the caption ends after the video does"
    CRASHED = "crashed", "the process that worked on it died"
    UNKNOWN = "unknown", "an error that no rule knows; its message is in the detail"


_FILTERS = frozenset({FetchReason.NO_AUDIO, FetchReason.PAST_END, FetchReason.TOO_LARGE})


class FetchError(Exception):
    """Something could not be fetched; `reason` says why, `detail` holds the original message."""

    def __init__(self, reason: FetchReason, detail: str, retry_after: float = 0.0) -> None:
        super().__init__(reason, detail, retry_after)
        self.reason, self.detail, self.retry_after = reason, detail, retry_after

    @property
    def throttles(self) -> bool:
        """Say whether this is how a host says that it is asked too often."""
        told = self.reason in (FetchReason.RATE_LIMITED, FetchReason.BOT_CHECK)
        return told or self.retry_after > 0 or (self.reason is FetchReason.SERVER_ERROR and "503" in self.detail)

    def outcome(self) -> Filtered | Failed:
        """Return the outcome of the rows that the error stopped; what the data are like filters them."""
        kind = Filtered if self.reason in _FILTERS else Failed
        return kind(self.reason, self.detail)
