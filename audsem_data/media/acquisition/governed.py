"""yt-dlp with every request of its own through the governor, and its errors turned into reasons."""

import io
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yt_dlp
from yt_dlp.networking.exceptions import HTTPError
from yt_dlp.utils import DownloadError, YoutubeDLError

from audsem_data.media.acquisition.governor import Governor, host_key
from audsem_data.media.acquisition.options import FetchOptions
from audsem_data.media.acquisition.reasons import FetchError, FetchReason
from audsem_data.media.acquisition.taxonomy import classify
from audsem_data.media.isolated import pause_clock


class GovernedYoutubeDL(yt_dlp.YoutubeDL):  # type: ignore[misc]  # yt-dlp has no types
    """YoutubeDL that asks a host when it may be asked, and tells the governor what came of it.

    Attributes:
        said: the last message that was not raised.
    """

    def __init__(self, parameters: dict[str, Any], options: FetchOptions) -> None:
        self.governor = Governor(options.policy, sleep=_sleep)
        self._log = _Log()
        super().__init__(_common(options) | {"logger": self._log} | parameters)

    @property
    def said(self) -> str:
        """The last message."""
        return self._log.last

    def urlopen(self, req: Any) -> Any:
        """Make a request when its host may be asked."""
        host = host_of(req if isinstance(req, str) else req.url)
        self.governor.acquire(host)
        try:
            answer = super().urlopen(req)
        except YoutubeDLError as error:
            self.tell(host, told_by(error))
            raise
        self.governor.worked(host)
        return answer

    def tell(self, host: str, error: FetchError) -> None:
        """Tell the governor what an error says of the host; one that says no, or nothing there, has answered."""
        if error.throttles:
            self.governor.trouble(host, error.reason, error.retry_after)
        elif error.reason in (FetchReason.NETWORK, FetchReason.TIMED_OUT, FetchReason.SERVER_ERROR):
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
    """Takes yt-dlp's messages and keeps the last; what matters is raised, but for a file that is too large."""

    def __init__(self) -> None:
        self.last = ""

    def debug(self, message: str) -> None:
        """Take a message."""
        self.last = message

    warning = error = info = debug


def told_by(error: BaseException) -> FetchError:
    """Return what an error of yt-dlp tells, its own or, where it has wrapped one, the first."""
    if isinstance(error, DownloadError) and error.exc_info and isinstance(error.exc_info[1], FetchError):
        return error.exc_info[1]
    return classify(str(error), retry_after(error))


def retry_after(error: BaseException | None) -> float:
    """Return the Retry-After of the answer at the root of an error, in seconds; 0 where there is none."""
    for _ in range(8):
        if isinstance(error, HTTPError):
            value = str(error.response.headers.get("Retry-After") or "")
            return float(value) if value.isdigit() else 0.0
        if error is None:
            break
        wrapped = error.exc_info[1] if isinstance(error, DownloadError) and error.exc_info else None
        error = wrapped or getattr(error, "cause", None) or error.__cause__
    return 0.0


def _sleep(seconds: float) -> None:
    """Wait for the governor; the time does not count as the call's."""
    pause_clock(seconds)
    time.sleep(seconds)


def host_of(url: str) -> str:
    """Return the name under which the host of an address is governed."""
    return host_key(urlsplit(url).hostname or "localhost")
