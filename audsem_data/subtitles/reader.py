"""Reading a subtitle file of any format, chosen by its suffix."""

from collections.abc import Callable, Mapping
from pathlib import Path

from audsem_data.subtitles.ass import read_ass
from audsem_data.subtitles.cue import Track
from audsem_data.subtitles.decode import decode
from audsem_data.subtitles.json3 import read_json3
from audsem_data.subtitles.reasons import SubtitleError, SubtitleReason
from audsem_data.subtitles.sbv import read_sbv
from audsem_data.subtitles.srt import read_srt
from audsem_data.subtitles.srv import read_srv
from audsem_data.subtitles.ttml import read_ttml
from audsem_data.subtitles.vtt import read_vtt

READERS: Mapping[str, Callable[[str], Track]] = {
    "vtt": read_vtt,
    "srt": read_srt,
    "json3": read_json3,
    "srv1": read_srv,
    "srv2": read_srv,
    "srv3": read_srv,
    "sbv": read_sbv,
    "ttml": read_ttml,
    "dfxp": read_ttml,
    "ass": read_ass,
    "ssa": read_ass,
}
_LARGEST = 64 << 20


def read_subtitles(path: Path, suffix: str) -> Track:
    """Read a subtitle file whose suffix (lower case, no dot) is one of READERS.

    Raises SubtitleError for a file that is empty, undecodable, unreadable, too large, or damaged throughout.
    """
    try:
        size = path.stat().st_size
        if size > _LARGEST:
            raise SubtitleError(SubtitleReason.TOO_LARGE, f"{size} bytes, of at most {_LARGEST}")
        data = path.read_bytes()
    except OSError as error:
        raise SubtitleError(SubtitleReason.UNREADABLE, f"{type(error).__name__}: {error.strerror}") from error
    track = READERS[suffix](decode(data))
    if track.damaged and not track.cues:
        raise SubtitleError(SubtitleReason.DAMAGED, f"none of {track.damaged} cues could be read")
    return track
