"""From what yt-dlp, a server, ffmpeg or a decoder says to one reason; the first rule that fits decides.

The phrases are those of yt-dlp, of ffmpeg's protocols, and of the sites themselves as yt-dlp passes them on.
"""

import re
from typing import NamedTuple

from audsem_data.acquisition.reasons import FetchError, FetchReason
from audsem_data.core.errors import StorageError
from audsem_data.media.reasons import MediaReason


class Rule(NamedTuple):
    """A pattern, searched without regard to case, and the reason that it tells."""

    reason: FetchReason
    pattern: str


_R = FetchReason
RULES = (
    Rule(_R.BOT_CHECK, r"confirm you.?re not a (ro)?bot|not a robot|captcha|unusual traffic"),
    Rule(_R.RATE_LIMITED, r"HTTP Error 429|429 Too Many|too many requests|rate.?limit|isn't available, try again"),
    Rule(_R.AGE_RESTRICTED, r"confirm your age|age.?restricted|inappropriate for some users"),
    Rule(_R.MEMBERS_ONLY, r"members.?only|join this channel|requires payment|premium (members|subscri)|purchase"),
    Rule(_R.TERMINATED, r"account .{0,60}(terminated|closed)|account .{0,20}no longer (exists|available)"),
    Rule(_R.COPYRIGHT, r"copyright|blocked it .{0,40}grounds|who has blocked it|HTTP Error 451|\b451 Unavailable"),
    Rule(
        _R.GEO_BLOCKED,
        r"not (made this video )?available (in|from) your (country|location|region)|geo.?restrict",
    ),
    Rule(_R.PRIVATE, r"private video|video is private|is private\b"),
    Rule(_R.LIVE, r"live event will begin|premieres in|is (currently )?live\b|is not currently live|is offline"),
    Rule(_R.DRM, r"\bDRM\b"),
    Rule(_R.LOGIN_REQUIRED, r"sign in|log ?in (required|to)|login required|account credentials|--cookies"),
    Rule(
        _R.REMOVED,
        r"video (is |has been )?(unavailable|removed|deleted)|removed by the uploader|no longer available"
        r"|video (does not|doesn't) exist|this video is not available|has been removed",
    ),
    Rule(_R.UNSOLVED, r"no supported javascript runtime|(challenge|signature) solving failed"),
    Rule(_R.UNSUPPORTED_SITE, r"unsupported url|not a valid url|no suitable extractor|urls are disabled"),
    Rule(_R.NO_FORMAT, r"requested format is not available|no video formats found|no formats found"),
    Rule(_R.NOT_FOUND, r"HTTP Error 404|\b404 Not Found"),
    Rule(_R.GONE, r"HTTP Error 410|\b410 Gone"),
    Rule(_R.FORBIDDEN, r"HTTP Error 40[13]|\b40[13] (Forbidden|Unauthorized)"),
    Rule(_R.SERVER_ERROR, r"HTTP Error 5\d\d|\b5(\d\d|XX) (Server Error|Internal|Service|Bad|Gateway)"),
    Rule(_R.TIMED_OUT, r"timed? ?out|timeout"),
    Rule(
        _R.TRUNCATED,
        r"ends prematurely|IncompleteRead|bytes read, .{0,30}more expected|Downloaded \d+ bytes, expected"
        r"|content too short|partial file",
    ),
    Rule(
        _R.NETWORK,
        r"connection (reset|refused|aborted|closed)|broken pipe|remote end closed|name or service not known"
        r"|temporary failure in name resolution|failed to resolve|network is unreachable|no route to host"
        r"|SSL|certificate|proxy|transport error|RemoteDisconnected|Input/output error",
    ),
    Rule(_R.TOO_LARGE, r"larger than max-filesize|exceeds the largest allowed"),
    Rule(_R.NOT_MEDIA, r"invalid data found|moov atom not found|EBML header parsing failed|output file is empty"),
)
_COMPILED = tuple((rule.reason, re.compile(rule.pattern, re.IGNORECASE)) for rule in RULES)

_OF_MEDIA = {
    MediaReason.NO_AUDIO: _R.NO_AUDIO,
    MediaReason.PAST_END: _R.PAST_END,
    MediaReason.TRUNCATED: _R.TRUNCATED,
    MediaReason.CORRUPT: _R.CORRUPT,
    MediaReason.CLOCK_JUMPS: _R.CORRUPT,
    MediaReason.NOT_FINITE: _R.CORRUPT,
    MediaReason.TOO_LARGE: _R.TOO_LARGE,
    MediaReason.TOO_LONG: _R.TOO_LARGE,
    MediaReason.TOO_MANY_STREAMS: _R.TOO_LARGE,
    MediaReason.NOT_MEDIA: _R.NOT_MEDIA,
    MediaReason.UNSUPPORTED: _R.NOT_MEDIA,
}

_NO_RETRY = 0.0
_MOST = 500  # characters of a message that are kept
_ADVICE = re.compile(r"\s*(Use --|See https?://|Please report this|Confirm you are on the latest).*", re.DOTALL)
_DISK = re.compile(r"no space left on device|disk quota exceeded", re.IGNORECASE)
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def classify(message: str, retry_after: float = _NO_RETRY) -> FetchError:
    """Return the error that a message tells of; its detail is the message, without colours and boilerplate.

    Raises StorageError where the message is about our own disk: that is no row's fate.
    """
    plain = _COLOURS.sub("", message)
    if _DISK.search(plain):
        raise StorageError(
            "the disk is full; free some space (`audsem-data clean` gives back intermediates). What was fetched is "
            "safe; run the same command again"
        )
    reason = next((reason for reason, pattern in _COMPILED if pattern.search(plain)), FetchReason.UNKNOWN)
    detail = _ADVICE.sub("", " ".join(plain.split())).removeprefix("ERROR: ")
    return FetchError(reason, detail[:_MOST], retry_after)


def of_media(reason: MediaReason, detail: str, whole: bool) -> FetchError:
    """Return the error that a look into what arrived tells of; only a whole file shows where the video ends."""
    told = _OF_MEDIA.get(reason, FetchReason.UNKNOWN)
    return FetchError(_R.TRUNCATED if told is _R.PAST_END and not whole else told, detail)
