"""Which video a file belongs to: never two media files under one id, and an id that was given stays.

A video is called by the stem of its files. Where several media files of the sources share a stem, in different
folders, each is called by its path below its source instead, `cats%2F001`: all of them when they come at once, the
later ones where an earlier one has the stem already.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from audsem_data.core.keys import escape_video_id
from audsem_data.media.signature import media_signature
from audsem_data.stages.ingest.files import SourceFile

Payload = Mapping[str, Any]


class Group(NamedTuple):
    """Media files of one folder and one stem: a video, maybe with its sound beside it."""

    folder: Path
    stem: str

    @classmethod
    def of(cls, media: Path) -> "Group":
        """Return the group of a media file."""
        return cls(media.parent, media.stem)


class VideoNames:
    """Gives ids to groups of media; `known` are the payloads of the units that the workspace has packed before."""

    def __init__(self, files: Iterable[SourceFile], captioned: Iterable[Group], known: Iterable[Payload]) -> None:
        self._given: dict[Group, str] = {}
        self._owners: dict[str, set[Group]] = {}
        for payload in known:
            for video_id, path in payload.get("media", {}).items():
                if video_id == payload.get("video_id"):
                    self._given.setdefault(Group.of(Path(path)), video_id)
                    self._owners.setdefault(video_id, set()).add(Group.of(Path(path)))
        self._paths = {Group.of(file.path): _path_name(file) for file in reversed(list(files))}
        self._sharing: dict[str, set[Group]] = {}
        for group in captioned:
            self._sharing.setdefault(group.stem, set()).add(group)

    def video_id(self, media: Path) -> str:
        """Return the id of the video that a media file of the sources is."""
        group = Group.of(media)
        if group in self._given:
            return self._given[group]
        stem = escape_video_id(group.stem)
        others = (self._sharing.get(group.stem, set()) | self._owners.get(stem, set())) - {group}
        same = [str(other.folder / f"{other.stem}{media.suffix}") for other in others]
        alike = all(media_signature(path) == media_signature(str(media)) for path in same)
        return stem if alike else escape_video_id(self._paths[group])


def _path_name(file: SourceFile) -> str:
    """Return a file's name among the sources without its suffix: unique but for files of one folder and stem."""
    before, _, after = file.name.rpartition(file.path.suffix)
    return before + after
