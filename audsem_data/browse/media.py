"""The sound, spectrogram and pictures of one clip, found without reading its shard from the beginning."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from audsem_data.core.stage import Frames
from audsem_data.media.clip_frames import choose, decode_frames
from audsem_data.media.clips import AUDIO_SUFFIXES, VIDEO_SUFFIXES, decode_clip
from audsem_data.media.spectrogram import spectrogram_png
from audsem_data.media.still import jpeg
from audsem_data.report.library import Library
from audsem_data.report.workspace_library import WorkspaceLibrary
from audsem_data.storage.tars import member_places

KINDS = {"flac": "audio/flac", "wav": "audio/wav"}
_STILLS = Frames("stills")
_places = lru_cache(maxsize=16)(member_places)  # a committed tar has its content in its name, and never changes


class ClipMedia:
    """Files of clips by suffix, and what is drawn of them."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self.files = lru_cache(maxsize=8)(self._files)

    def sound(self, key: str) -> tuple[bytes, str] | None:
        """Return a clip's sound as it is held, and its MIME type; None where there is none."""
        found = ((data, KINDS[suffix]) for suffix, data in self.files(key).items() if suffix in AUDIO_SUFFIXES)
        return next(found, None)

    def spectrogram(self, key: str) -> bytes | None:
        """Return the PNG of a clip's spectrogram."""
        sound = self.sound(key)
        if sound is None:
            return None
        decoded = decode_clip(sound[0])
        return spectrogram_png(decoded.samples, decoded.rate, 960, 200)

    def picture(self, key: str, number: int) -> bytes | None:
        """Return one of a clip's pictures as JPEG: those that image annotators look at."""
        data = next((held for suffix, held in self.files(key).items() if suffix in VIDEO_SUFFIXES), None)
        frames = choose(decode_frames(data), _STILLS).pictures if data else ()
        return jpeg(frames[number]) if number < len(frames) else None

    def pictures(self, key: str) -> int:
        """Return how many pictures there are to show."""
        data = next((held for suffix, held in self.files(key).items() if suffix in VIDEO_SUFFIXES), None)
        return len(choose(decode_frames(data), _STILLS).pictures) if data else 0

    def _files(self, key: str) -> Mapping[str, bytes]:
        if isinstance(self._library, WorkspaceLibrary):
            return _from_tar(self._library, key)
        return next((files for _, files in self._library.media({key})), {})


def _from_tar(library: WorkspaceLibrary, key: str) -> Mapping[str, bytes]:
    tar = library.tar_of(key)
    if tar is None:
        return {}
    with Path(tar).open("rb") as stream:
        found = {}
        for suffix, (offset, size) in _places(tar).get(key, {}).items():
            stream.seek(offset)
            found[suffix] = stream.read(size)
    return found
