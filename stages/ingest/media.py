"""The media files of the sources: which one belongs to a video."""

import os
from collections.abc import Iterable
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

from audsem_data.core.keys import escape_video_id
from audsem_data.media.names import MEDIA_SUFFIXES
from audsem_data.media.signature import media_signature
from audsem_data.stages.ingest.files import SourceFile


class Near(NamedTuple):
    """The media file that belongs to a place; none where several `rivals`, of other content, are equally near."""

    path: Path | None
    rivals: tuple[str, ...] = ()


class MediaIndex:
    """Media files by video id."""

    def __init__(self, files: Iterable[SourceFile]) -> None:
        self._by_id: dict[str, list[SourceFile]] = {}
        self.stems: set[str] = set()
        for file in files:
            self.stems.add(file.path.stem)
            self._by_id.setdefault(escape_video_id(file.path.stem), []).append(file)

    def near(self, video_id: str, place: Path) -> Near | None:
        """Return the media file of a video, the nearest to a place where there are several; None without any.

        Nearest is what shares most folders with it from the root, then most from the other end, as in
        `subs/dogs/1.vtt` and `media/dogs/1.flac`; then video comes before sound. Which of two files in different
        folders that are equally near is meant, nobody can know.
        """
        files = self._by_id.get(video_id)
        if not files:
            return None
        best = min(files, key=lambda file: (_distance(file, place), MEDIA_SUFFIXES.index(file.suffix), file.name))
        equal = [file.path for file in files if _distance(file, place) == _distance(best, place)]
        rivals = [path for path in equal if path.parent != best.path.parent]
        if any(media_signature(str(path)) != media_signature(str(best.path)) for path in rivals):
            return Near(None, tuple(sorted(map(str, (best.path, *rivals)))))
        return Near(best.path)

    def by_video(self, place: Path) -> dict[str, str]:
        """Return the path of every video's media file, of those where it is known which one it is."""
        found = {video_id: self.near(video_id, place) for video_id in sorted(self._by_id)}
        return {video_id: str(near.path) for video_id, near in found.items() if near and near.path}


def _distance(file: SourceFile, place: Path) -> tuple[int, int]:
    shared = len(Path(os.path.commonpath((file.path, place))).parts)
    folders = zip(reversed(file.path.parent.parts), reversed(place.parent.parts), strict=False)
    alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], folders))
    return -shared, -alike
