"""Fetch the manual English subtitles of videos by yt-dlp, and list the videos of channels and playlists."""

import json
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from yt_dlp.utils import YoutubeDLError

from audsem_data.acquisition.governed import GovernedYoutubeDL
from audsem_data.acquisition.options import FetchOptions
from audsem_data.acquisition.reasons import FetchError, FetchReason
from audsem_data.core.keys import escape_video_id

_FORMATS = "json3/srv3/vtt/ttml/srt/best"
_LANGUAGES = ["en", "en-.*"]
_LISTS = ("Tab", "Playlist")  # how yt-dlp's extractors of lists are called
# What is kept of a page: no titles, names or descriptions.
_KEPT = ("id", "webpage_url", "extractor_key", "license", "channel_id", "duration", "language")


@dataclass(frozen=True)
class Subtitled:
    """What a video has: how many files of manual English tracks were laid down, 0 for none.

    Of a video that is `excluded` nothing was asked for but its page, and nothing is kept.
    """

    video_id: str
    files: int
    excluded: bool = False


@cache
def _lists(options: FetchOptions) -> GovernedYoutubeDL:
    """Return what lists the videos of a page."""
    return GovernedYoutubeDL({"extract_flat": "in_playlist"}, options)


@cache
def _subtitles(options: FetchOptions) -> GovernedYoutubeDL:
    """Return what fetches the subtitles of one video."""
    wanted = {"writesubtitles": True, "subtitleslangs": _LANGUAGES, "subtitlesformat": _FORMATS}
    alone = {"noplaylist": True, "playlist_items": "1", "ignore_no_formats_error": True}
    return GovernedYoutubeDL(wanted | alone, options)


def list_videos(address: str, options: FetchOptions) -> list[str] | FetchError:
    """Return the addresses of the videos of a channel, a playlist or a feed; of a video, its own."""
    with _lists(options) as ydl:
        try:
            listed = list(videos_of(ydl.extract_info(address, download=False), ydl.extract_info))
        except YoutubeDLError as error:
            return ydl.failed(error)
        ydl.worked()
        return list(dict.fromkeys(listed)) or [address]


def videos_of(info: Mapping[str, Any], look_up: Callable[..., Any]) -> Iterator[str]:
    """Yield the addresses of the videos that a page lists; lists in it (the tabs of a channel) are looked up."""
    if info.get("_type") in ("playlist", "multi_video"):
        for entry in info.get("entries") or ():
            yield from videos_of(entry or {}, look_up)
    elif info.get("_type") == "url" and str(info.get("ie_key")).endswith(_LISTS):
        yield from videos_of(look_up(info["url"], download=False), look_up)
    elif found := info.get("webpage_url") or info.get("url"):
        yield str(found)


def fetch_subtitles(
    address: str, folder: Path, options: FetchOptions, excluded: Set[str] = frozenset()
) -> Subtitled | FetchError:
    """Lay down a video's manual English tracks as `ID.LANGUAGE.EXT`, and `ID.info.json` beside them.

    Automatic tracks are never asked for. Media need not be had: their formats may be missing. Of an excluded video
    (escaped id) nothing is laid down.
    """
    with _subtitles(options) as ydl:
        try:
            info = _first(ydl.extract_info(address, download=False))
            if escape_video_id(str(info["id"])) in excluded:
                ydl.worked()
                return Subtitled(str(info["id"]), 0, excluded=True)
            tracks: Mapping[str, Any] = info.get("requested_subtitles") or {}
            if not tracks and not _has_none(info, ydl):
                return ydl.refused()
            name = escape_video_id(str(info["id"]))
            for language, track in tracks.items():
                path = folder / f"{name}.{language}.{track['ext']}"
                if track.get("data") is not None:
                    path.write_text(track["data"], encoding="utf-8")
                else:
                    ydl.dl(str(path), {"http_headers": info.get("http_headers"), **track}, subtitle=True)
        except YoutubeDLError as error:
            return ydl.failed(error)
        ydl.worked()
    kept: dict[str, Any] = {field: info.get(field) for field in _KEPT}
    kept |= {"webpage_url": address, "subtitles": {language: [] for language in info.get("subtitles") or {}}}
    (folder / f"{name}.info.json").write_text(json.dumps(kept, sort_keys=True), encoding="utf-8")
    return Subtitled(str(info["id"]), len(tracks))


def _has_none(info: Any, ydl: GovernedYoutubeDL) -> bool:
    """Say whether no tracks means that there are none: the video is shown, and nothing was withheld for now.

    Media that its JavaScript hides are shown too: tracks do not depend on it.
    """
    withheld = {error.reason for error in ydl.warned if error.reason.transient}
    shown = info.get("formats") or info.get("url") or FetchReason.UNSOLVED in withheld
    return bool(shown) and withheld <= {FetchReason.UNSOLVED}


def _first(info: Any) -> Any:
    """Return the video that a page is, or the first that it embeds."""
    return _first(next(iter(info["entries"]))) if info.get("_type") == "playlist" else info
