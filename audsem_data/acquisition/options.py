"""How media are asked for: the part of a stage's options that a downloader is given."""

from dataclasses import dataclass, field
from pathlib import Path

from audsem_data.acquisition.governor import Policy
from audsem_data.core.errors import UsageError


@dataclass(frozen=True)
class FetchOptions:
    """What yt-dlp and ffmpeg are told.

    Attributes:
        height: pictures are at most so high, where the site offers a choice.
        max_bytes: of a file that is fetched whole.
        cookies: a cookies.txt; cookies_from_browser: a browser's name, as yt-dlp takes it.
        proxy, user_agent: as yt-dlp takes them; empty for its own.
        idle_s: a connection over which nothing comes for so long is given up.
        policy: how often a host is asked.
    """

    height: int = 480
    max_bytes: int = 2 << 30
    cookies: str = ""
    cookies_from_browser: str = ""
    proxy: str = ""
    user_agent: str = ""
    idle_s: float = 30.0
    policy: Policy = field(default_factory=Policy)

    def check(self) -> None:
        """Raise UsageError for what can never be right."""
        policy = self.policy
        if policy.per_minute <= 0 or policy.burst < 1 or policy.pause_s <= 0 or policy.pauses < 0:
            raise UsageError("rate and pause_s must be above 0, burst at least 1, pauses at least 0")
        if "@" in self.proxy:
            raise UsageError(
                "the proxy's address holds a password, and the recipe is a file that is kept; give it in the "
                "environment variable HTTPS_PROXY instead"
            )

    def check_files(self) -> None:
        """Raise UsageError for a file that is not there; another machine may have it."""
        if self.cookies and not Path(self.cookies).expanduser().is_file():
            raise UsageError(f"there is no file of cookies {self.cookies}")
