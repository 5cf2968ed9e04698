"""What yt-dlp's `.info.json` beside a subtitle file says: which video, where it is, who wrote the track."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from audsem_data.media.names import is_address
from audsem_data.subtitles.reasons import SubtitleError, SubtitleReason

SUFFIX = ".info.json"


class VideoInfo(NamedTuple):
    """A video as its site knows it.

    Attributes:
        video_id: not escaped.
        address: of its page; None where the file names none.
        written: languages in which people wrote tracks. recognized: those of speech recognition.
    """

    video_id: str
    address: str | None
    written: frozenset[str]
    recognized: frozenset[str]

    def is_automatic(self, language: str) -> bool:
        """Say whether a track of this language, downloaded by yt-dlp, is speech recognition's.

        Where a video has both, yt-dlp takes the one that people wrote.
        """
        return language not in self.written and language in self.recognized


def read_info(path: Path) -> VideoInfo:
    """Read an `.info.json`; raises SubtitleError where it is not what yt-dlp writes."""
    try:
        value = json.loads(path.read_bytes())
        found = VideoInfo(
            str(value["id"]),
            _address(value),
            _languages(value, "subtitles"),
            _languages(value, "automatic_captions"),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        detail = f"{path.name} beside it is no information of yt-dlp ({type(error).__name__}: {error})"
        raise SubtitleError(SubtitleReason.DAMAGED, detail) from error
    if not found.video_id:
        raise SubtitleError(SubtitleReason.DAMAGED, f"{path.name} beside it names no video")
    return found


def _address(value: dict[str, Any]) -> str | None:
    address = value.get("webpage_url") or value.get("original_url")
    return address if isinstance(address, str) and is_address(address) else None


def _languages(value: dict[str, Any], name: str) -> frozenset[str]:
    return frozenset((value.get(name) or {}).keys())
