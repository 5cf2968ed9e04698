"""yt-dlp with every request of its own through the governor, and its errors turned into reasons."""

import io
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import yt_dlp
from yt_dlp.networking.exceptions import HTTPError
from yt_dlp.utils import DownloadError, YoutubeDLError

from audsem_data.acquisition.governor import Governor, host_key
from audsem_data.acquisition.options import FetchOptions
from audsem_data.acquisition.reasons import FetchError, FetchReason
from audsem_data.acquisition.taxonomy import classify
from audsem_data.media.isolated import pause_clock

_DEEPEST = 8
_UNCLEAR = frozenset(  # what says nothing of whether a host thinks that it is asked too often
    {
        FetchReason.NETWORK,
        FetchReason.TIMED_OUT,
        FetchReason.SERVER_ERROR,
        FetchReason.FORBIDDEN,
        FetchReason.UNSOLVED,
        FetchReason.UNKNOWN,
    }
)


class GovernedYoutubeDL(yt_dlp.YoutubeDL):  # type: ignore[misc]  # yt-dlp has no types
    """YoutubeDL that asks a host when it may be asked, and tells the governor of requests that it refuses.

    That a request was answered tells nothing yet: a page that wants proof of a person comes like any other. So who
    looks something up says by `worked`, `failed` or `refused` what came of it.

    Made once and entered for each video: extractors keep what sites taught them, such as the code of a player, and
    do not ask for it again.

    Attributes:
        host: the one that was asked last.
        said: the last message that was not raised.
    """

    def __init__(self, parameters: dict[str, Any], options: FetchOptions) -> None:
        self._policy = options.policy
        self._log = _Log()
        super().__init__(_common(options) | {"logger": self._log} | parameters)

    def __enter__(self) -> Self:
        """Begin to look something up."""
        super().__enter__()
        self.governor = Governor(self._policy, sleep=_sleep)
        self.host = ""
        self._log.last = ""
        self._log.warnings.clear()
        self._told: BaseException | None = None
        return self

    def __exit__(self, *error: Any) -> None:
        """End what was being tried."""
        super().__exit__(*error)
        if self.host:
            self.governor.unclear(self.host)

    @property
    def said(self) -> str:
        """The last message."""
        return self._log.last

    @property
    def warned(self) -> list[FetchError]:
        """What warnings told."""
        return [classify(message) for message in self._log.warnings]

    @property
    def doubt(self) -> FetchError | None:
        """What was warned of that may pass: a server, or a site's JavaScript, did not give what formats come from.

        Extractors go on without it. What is missing then is not the video's fate.
        """
        return next((error for error in self.warned if error.reason.transient), None)

    def urlopen(self, req: Any) -> Any:
        """Make a request when its host may be asked."""
        self.host = host_of(req if isinstance(req, str) else req.url)
        self.governor.acquire(self.host)
        try:
            return super().urlopen(req)
        except YoutubeDLError as error:
            failure = told_by(error)
            if failure.throttles:
                self._told = error
                self.tell(self.host, failure)
            raise

    def worked(self) -> None:
        """Tell the governor that the host gave what was wanted."""
        if self.host:
            self.governor.worked(self.host)

    def failed(self, error: BaseException) -> FetchError:
        """Return why something could not be looked up, and tell the governor.

        That formats are missing is put down to `doubt`, where there is one.
        """
        failure = told_by(error)
        if failure.reason is FetchReason.NO_FORMAT and self.doubt:
            return self.doubt
        if self._told is None or self._told not in list(_chain(error)):
            self.tell(self.host, failure)
        return failure

    def refused(self) -> FetchError:
        """Return why nothing was found although nothing was raised, and tell the governor."""
        known = [error for error in self.warned if error.reason is not FetchReason.UNKNOWN]
        failure = self.doubt or next(iter(known), FetchError(FetchReason.NO_FORMAT, self.said))
        if self._told is None:
            self.tell(self.host, failure)
        return failure

    def tell(self, host: str, error: FetchError) -> None:
        """Tell the governor what an error says of the host; one that says no, or nothing there, has answered."""
        if not host:
            return
        if error.throttles:
            self.governor.trouble(host, error.reason, error.retry_after)
        elif error.reason in _UNCLEAR:
            self.governor.unclear(host)
        else:
            self.governor.worked(host)


def _common(options: FetchOptions) -> dict[str, Any]:
    """Return the parameters that say how hosts are asked."""
    return {
        "http_headers": {"User-Agent": options.user_agent} if options.user_agent else {},
        # A copy in memory: yt-dlp writes cookies back, and several processes share the user's file.
        "cookiefile": io.StringIO(Path(options.cookies).expanduser().read_text()) if options.cookies else None,
        "cookiesfrombrowser": (options.cookies_from_browser,) if options.cookies_from_browser else None,
        "proxy": options.proxy or None,
        "socket_timeout": options.idle_s,
        "quiet": True,
        "noprogress": True,
        "overwrites": True,
        "cachedir": False,
        "retries": 0,  # repeating is the governor's business
        "extractor_retries": 0,
        "fragment_retries": 0,
        "skip_unavailable_fragments": False,
    }


class _Log:
    """Takes yt-dlp's messages and keeps the warnings and the last; what matters else is raised."""

    def __init__(self) -> None:
        self.last = ""
        self.warnings: list[str] = []

    def debug(self, message: str) -> None:
        """Take a message."""
        self.last = message

    def warning(self, message: str) -> None:
        """Take a warning."""
        self.last = message
        self.warnings.append(message)

    error = info = debug


def told_by(error: BaseException) -> FetchError:
    """Return what an error of yt-dlp tells, its own or, where it has wrapped one, the first."""
    if isinstance(error, DownloadError) and error.exc_info and isinstance(error.exc_info[1], FetchError):
        return error.exc_info[1]
    return classify(str(error), retry_after(error))


def retry_after(error: BaseException) -> float:
    """Return the Retry-After of the answer at the root of an error, in seconds; 0 where there is none."""
    answers = (link.response for link in _chain(error) if isinstance(link, HTTPError))
    value = next((str(answer.headers.get("Retry-After") or "") for answer in answers), "")
    return float(value) if value.isdigit() else 0.0


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those that it wraps, in yt-dlp's ways and in Python's."""
    link: BaseException | None = error
    for _ in range(_DEEPEST):
        if link is None:
            return
        yield link
        wrapped = link.exc_info[1] if isinstance(link, DownloadError) and link.exc_info else None
        link = wrapped or getattr(link, "cause", None) or link.__cause__


def _sleep(seconds: float) -> None:
    """Wait for the governor; the time does not count as the call's."""
    pause_clock(seconds)
    time.sleep(seconds)


def host_of(url: str) -> str:
    """Return the name under which the host of an address is governed."""
    return host_key(urlsplit(url).hostname or "localhost")
