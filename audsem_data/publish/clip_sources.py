"""From where `hydrate` takes the sound of clips: files that the user holds, or the pages of the videos."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from audsem_data.acquisition.calling import call_fetching
from audsem_data.acquisition.options import FetchOptions
from audsem_data.acquisition.pages import page_of
from audsem_data.acquisition.reasons import FetchError
from audsem_data.acquisition.sections import GAP_MS, MARGIN_MS, plan_sections
from audsem_data.core.errors import InputError
from audsem_data.core.keys import escape_video_id
from audsem_data.media.cut import Target, Want, cut_audio
from audsem_data.media.decode import decode_audio
from audsem_data.media.encode import encode_audio, to_int16
from audsem_data.media.isolation import Isolated
from audsem_data.media.names import MEDIA_SUFFIXES
from audsem_data.media.probe import Bounds, open_media
from audsem_data.media.reasons import MediaError
from audsem_data.publish.features import RATE

_BOUNDS = Bounds(64 * 2**30, 43_200.0, 64, 8192 * 4320)
_END_TOLERANCE_MS = 50
_MEMORY = 4 << 30
_SECONDS = 900.0  # for a section

Sound = tuple[str, bytes | str]
"""A clip's key, and its FLAC file or the reason why there is none."""


class ClipSource(Protocol):
    """Gives the sound of a video's clips."""

    def sounds(self, video_id: str, wants: Sequence[Want]) -> Iterator[Sound]:
        """Yield every clip; `video_id` is escaped."""


class HeldMedia:
    """Files below a folder, named after their videos; video comes before sound."""

    def __init__(self, folder: Path) -> None:
        """Look for media; raises InputError if there is no such folder."""
        if not folder.is_dir():
            raise InputError(f"there is no folder {folder}")
        found = [path for path in folder.rglob("*") if path.suffix.lower().lstrip(".") in MEDIA_SUFFIXES]
        found.sort(key=lambda path: (-MEDIA_SUFFIXES.index(path.suffix.lower().lstrip(".")), path))
        self._files: Mapping[str, Path] = {escape_video_id(path.stem): path for path in found}

    def sounds(self, video_id: str, wants: Sequence[Want]) -> Iterator[Sound]:
        """Cut the clips out of the video's file."""
        if video_id in self._files:
            yield from _cut(self._files[video_id], wants)
        else:
            yield from ((want.key, "media_missing") for want in wants)


class PublishedMedia:
    """The videos' pages, by yt-dlp and under the governor; only the stretches that hold clips are fetched."""

    def __init__(self, url: str, options: FetchOptions) -> None:
        """Set the address of a video, with {video_id} in it; raises InputError for one without."""
        if "{video_id}" not in url:
            raise InputError(f"{url}: the address of a video must hold {{video_id}}")
        self._url, self._options = url, options
        self._isolated = Isolated(_MEMORY)

    def sounds(self, video_id: str, wants: Sequence[Want]) -> Iterator[Sound]:
        """Fetch the clips; raises GovernorStoppedError where the site goes on refusing."""
        folder = Path(tempfile.mkdtemp(prefix="audsem-hydrate-"))
        try:
            yield from self._fetched(video_id, wants, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _fetched(self, video_id: str, wants: Sequence[Want], folder: Path) -> Iterator[Sound]:
        from audsem_data.acquisition.fetching import Clips, fetch_clips  # noqa: PLC0415  (an extra)
        from audsem_data.acquisition.ytdlp import Request  # noqa: PLC0415

        sections = plan_sections(wants, MARGIN_MS, GAP_MS)
        request = Request(page_of(self._url, video_id), sections, folder, self._options)
        seconds = _SECONDS * (len(sections) + 1)
        clips: Clips | FetchError = call_fetching(self._isolated, fetch_clips, request, seconds=seconds)
        if isinstance(clips, FetchError):
            clips = Clips(failed=dict.fromkeys((want.key for want in wants), clips))
        for want in wants:
            held = clips.held.get(want.key)
            if held is None:
                yield want.key, str(clips.failed[want.key].reason)
            else:
                yield from _cut(held.path, [want])


def _cut(path: Path, wants: Sequence[Want]) -> Iterator[Sound]:
    try:
        with open_media(path, _BOUNDS) as media:
            rate = media.audio.codec_context.sample_rate
            for key, cut in cut_audio(decode_audio(media), wants, rate, Target(RATE, _END_TOLERANCE_MS)):
                if isinstance(cut, MediaError):
                    yield key, str(cut.reason)
                else:
                    yield key, encode_audio(to_int16(cut.samples), RATE, "flac")
    except MediaError as error:
        yield from ((want.key, str(error.reason)) for want in wants)
