"""The options of `download`: what is fetched, and how politely."""

from typing import Self

from pydantic import Field, model_validator

from audsem_data.acquisition.governor import Policy
from audsem_data.acquisition.options import FetchOptions
from audsem_data.acquisition.pages import YOUTUBE
from audsem_data.acquisition.sections import GAP_MS, MARGIN_MS
from audsem_data.core.stage import Config, run_only


class DownloadConfig(Config):
    """What is fetched, and how hosts are asked for it."""

    url: str = Field(
        YOUTUBE,
        pattern=r"^https?://.*\{video_id\}",
        description="address of a video for which the sources name no file and no address",
    )
    height: int = Field(480, ge=16, description="of the pictures at most, in pixels, where a site offers a choice")
    margin_ms: int = Field(MARGIN_MS, ge=200, le=60_000, description="fetched before and after a clip, in ms")
    gap_ms: int = Field(GAP_MS, ge=0, description="clips that are nearer than this are fetched together, in ms")
    max_file_bytes: int = Field(
        256 << 20, ge=0, description="largest file that is fetched whole where a host cannot serve a part, in bytes"
    )
    cookies: str = run_only("", "a cookies.txt file, for videos that need an account")
    cookies_from_browser: str = run_only("", "a browser whose cookies are used, as yt-dlp takes it: firefox")
    proxy: str = run_only("", "a proxy's address; one that holds a password belongs into HTTPS_PROXY")
    user_agent: str = run_only("", "what hosts are told that asks; empty: what yt-dlp says")
    rate: float = run_only(12.0, "requests a minute that a host gets at most, from all processes of this machine")
    burst: int = run_only(1, "requests that may come at once after a rest")
    pause_s: float = run_only(
        300.0, "first pause when a host goes on refusing, in s; each further one is twice that"
    )
    pauses: int = run_only(3, "pauses in a row after which the run stops (exit code 6)")
    idle_s: float = run_only(30.0, "a connection over which nothing comes for so long is given up, in s")
    budget_s: float = run_only(300.0, "longest time for one section of a video, in s")
    keep: bool = run_only(False, "keep raw segments once they are standardized")

    @model_validator(mode="after")
    def _can_be_kept(self) -> Self:
        """Refuse what can never be right before it is written into the recipe."""
        self.fetching().check()
        return self

    @property
    def modules(self) -> tuple[str, ...]:
        """What fetches; YouTube's pages need their JavaScript solved too."""
        return ("yt_dlp", *(("yt_dlp_ejs", "deno") if self.url == YOUTUBE else ()))

    def fetching(self) -> FetchOptions:
        """Return what the downloader is told."""
        policy = Policy(self.rate, self.burst, pause_s=self.pause_s, pauses=self.pauses)
        return FetchOptions(
            height=self.height,
            max_bytes=self.max_file_bytes,
            cookies=self.cookies,
            cookies_from_browser=self.cookies_from_browser,
            proxy=self.proxy,
            user_agent=self.user_agent,
            idle_s=self.idle_s,
            policy=policy,
        )
