"""Find the file of a video among media that the user holds."""

from collections import defaultdict
from pathlib import Path

from audsem_data.core.errors import InputError
from audsem_data.core.keys import escape_video_id
from audsem_data.media.names import MEDIA_SUFFIXES
from audsem_data.media.signature import media_signature


class HeldFiles:
    """Media below a folder, by the ids that `ingest` may have given to their videos.

    A file answers to its stem, and to each end of its path, as in `001`, `cats%2F001` and `esc50%2Fcats%2F001`.
    """

    def __init__(self, folder: Path) -> None:
        """Look for media; raises InputError if there is no such folder."""
        if not folder.is_dir():
            raise InputError(f"there is no folder {folder}")
        self._by_id: dict[str, list[Path]] = defaultdict(list)
        for path in sorted(folder.rglob("*")):
            if _suffix(path) in MEDIA_SUFFIXES:
                parts = path.relative_to(folder).with_suffix("").parts
                for first in range(len(parts)):
                    self._by_id[escape_video_id("/".join(parts[first:]))].append(path)

    def find(self, video_id: str) -> Path | str:
        """Return the file of a video, video before sound, or the reason why there is none.

        media_missing: no file answers to the id. ambiguous_media: files of different content in several folders do,
        and nobody can know which of them is meant.
        """
        files = self._by_id.get(video_id)
        if not files:
            return "media_missing"
        of_folder: dict[Path, Path] = {}
        for path in sorted(files, key=lambda path: MEDIA_SUFFIXES.index(_suffix(path))):
            of_folder.setdefault(path.parent, path)
        if len({media_signature(str(path)) for path in of_folder.values()}) > 1:
            return "ambiguous_media"
        return next(iter(of_folder.values()))


def _suffix(path: Path) -> str:
    return path.suffix.lower().lstrip(".")
