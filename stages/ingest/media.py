"""The media files of the sources: which one belongs to a video, and what tells its content."""

import hashlib
import os
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from audsem_data.core.keys import escape_video_id
from audsem_data.media.names import MEDIA_SUFFIXES
from audsem_data.stages.ingest.files import SourceFile

_ENDS = 64 << 10


class MediaIndex:
    """Media files by video id."""

    def __init__(self, files: Iterable[SourceFile]) -> None:
        self._by_id: dict[str, list[SourceFile]] = {}
        self.stems: set[str] = set()
        for file in files:
            self.stems.add(file.path.stem)
            self._by_id.setdefault(escape_video_id(file.path.stem), []).append(file)

    def near(self, video_id: str, place: Path) -> Path | None:
        """Return the media file of a video, the nearest to a place where there are several.

        Nearest is what shares most folders with it; then video comes before sound.
        """
        files = self._by_id.get(video_id)
        return min(files, key=lambda file: _distance(file, place)).path if files else None

    def by_video(self, place: Path) -> dict[str, str]:
        """Return the path of every video's media file."""
        return {video_id: str(self.near(video_id, place)) for video_id in sorted(self._by_id)}


def _distance(file: SourceFile, place: Path) -> tuple[int, int, str]:
    shared = len(Path(os.path.commonpath((file.path, place))).parts)
    return -shared, MEDIA_SUFFIXES.index(file.suffix), file.name


@lru_cache(maxsize=4096)
def media_signature(path: str) -> str | None:
    """Return a media file's size and a hash of its first and last 64 KiB, or None if it cannot be read."""
    try:
        with Path(path).open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            head = file.read(_ENDS)
            file.seek(max(0, size - _ENDS))
            return f"{size}-{hashlib.sha256(head + file.read(_ENDS)).hexdigest()[:16]}"
    except OSError:
        return None
