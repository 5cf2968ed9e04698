"""From where `hydrate` takes the sound of clips: files that the user holds, or the pages of the videos."""

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import av

from audsem_data.acquisition.calling import call_fetching
from audsem_data.acquisition.options import FetchOptions
from audsem_data.acquisition.pages import page_of
from audsem_data.acquisition.reasons import FetchError
from audsem_data.acquisition.sections import GAP_MS, MARGIN_MS, plan_sections
from audsem_data.core.errors import InputError
from audsem_data.media.cut import Target, Want, cut_audio
from audsem_data.media.decode import decode_audio
from audsem_data.media.encode import encode_audio, to_int16
from audsem_data.media.isolation import DiedError, Isolated, OverrunError
from audsem_data.media.probe import Bounds, open_media
from audsem_data.media.reasons import MediaError, MediaReason
from audsem_data.media.tracks import ANY, Choice
from audsem_data.publish.features import RATE
from audsem_data.publish.held_media import HeldFiles

_BOUNDS = Bounds(64 * 2**30, 43_200.0, 64, 8192 * 4320)
_END_TOLERANCE_MS = 50
_MEMORY = 4 << 30
_SECONDS = 900.0  # for a file, or a section

Sound = tuple[str, bytes | str]
"""A clip's key, and its FLAC file or the reason why there is none."""


class ClipSource(Protocol):
    """Gives the sound of a video's clips."""

    def sounds(self, video_id: str, wants: Sequence[Want]) -> Iterator[Sound]:
        """Yield every clip; `video_id` is escaped."""


class HeldMedia:
    """Files below a folder, named after their videos."""

    def __init__(self, folder: Path, choice: Choice = ANY) -> None:
        """Look for media, of which the chosen sound is cut; raises InputError if there is no such folder."""
        self._files, self._choice = HeldFiles(folder), choice
        self._isolated = Isolated(_MEMORY)

    def sounds(self, video_id: str, wants: Sequence[Want]) -> Iterator[Sound]:
        """Cut the clips out of the video's file."""
        found = self._files.find(video_id)
        if isinstance(found, str):
            yield from ((want.key, found) for want in wants)
        else:
            yield from _cut(self._isolated, found, wants, self._choice)


class PublishedMedia:
    """The videos' pages, by yt-dlp and under the governor; only the stretches that hold clips are fetched."""

    def __init__(self, url: str, options: FetchOptions, choice: Choice = ANY) -> None:
        """Set the address of a video, with {video_id} in it; raises InputError for one without."""
        if "{video_id}" not in url:
            raise InputError(f"{url}: the address of a video must hold {{video_id}}")
        self._url, self._options, self._choice = url, options, choice
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
        yield from ((key, str(error.reason)) for key, error in clips.failed.items() if key not in clips.held)
        by_file: dict[Path, list[Want]] = defaultdict(list)
        for want in wants:
            if held := clips.held.get(want.key):
                by_file[held.path].append(want)
        for path, held_wants in by_file.items():
            yield from _cut(self._isolated, path, held_wants, self._choice)


def _cut(isolated: Isolated, path: Path, wants: Sequence[Want], choice: Choice) -> Iterator[Sound]:
    """Yield the clips of one file, which is opened in a process that a budget can stop."""
    try:
        yield from isolated.call(_cut_file, path, wants, choice, seconds=_SECONDS)
    except OverrunError:
        yield from ((want.key, str(MediaReason.TIMED_OUT)) for want in wants)
    except DiedError:
        yield from ((want.key, str(MediaReason.CRASHED)) for want in wants)


def _cut_file(path: Path, wants: Sequence[Want], choice: Choice) -> list[Sound]:
    sounds: list[Sound] = []
    ordered = sorted(wants, key=lambda want: (want.start_ms, want.end_ms))
    try:
        with open_media(path, _BOUNDS, choice) as media:
            rate = media.audio.codec_context.sample_rate
            for key, cut in cut_audio(decode_audio(media), ordered, rate, Target(RATE, _END_TOLERANCE_MS)):
                if isinstance(cut, MediaError):
                    sounds.append((key, str(cut.reason)))
                else:
                    sounds.append((key, encode_audio(to_int16(cut.samples), RATE, "flac")))
    except MediaError as error:
        return [(want.key, str(error.reason)) for want in wants]
    except av.error.FFmpegError:  # unforeseen: what codecs say where memory runs out, for one
        return [(want.key, str(MediaReason.CRASHED)) for want in wants]
    return sounds
