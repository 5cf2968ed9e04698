"""The audio members of a shard's tar, read beside rows that come in the same order."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from audsem_data.core.errors import CorruptionError
from audsem_data.storage.tars import iterate_clips

_SUFFIXES = ("flac", "wav")


class Wanted(NamedTuple):
    """A clip, and the SHA-256 that its audio must have."""

    clip_id: str
    sha256: str


def read_audio(tar: Path, clips: Iterable[Wanted]) -> Iterator[dict[str, bytes | str]]:
    """Yield `{"bytes", "path"}` of each clip; clips come in key order, the same one several times in a row or once.

    The tar is read once, from its beginning to the last clip, holding one clip. Raises CorruptionError for
    a clip that is not there or is not what its shard says.
    """
    members = iterate_clips(tar)
    held, audio = "", dict[str, bytes | str]()
    for clip in clips:
        if held != clip.clip_id:
            held, audio = clip.clip_id, _next_audio(tar, members, clip)
        yield audio


def _next_audio(tar: Path, members: Iterator[tuple[str, dict[str, bytes]]], clip: Wanted) -> dict[str, bytes | str]:
    files = next((files for found, files in members if found == clip.clip_id), None)
    if files is None:
        raise CorruptionError(f"{tar} has no {clip.clip_id}; run `audsem-data status --verify`")
    for suffix in _SUFFIXES:
        data = files.get(suffix)
        if data is not None and hashlib.sha256(data).hexdigest() == clip.sha256:
            return {"bytes": data, "path": f"{clip.clip_id}.{suffix}"}
    raise CorruptionError(f"{tar}: the audio of {clip.clip_id} is not what was committed; redo standardize")
