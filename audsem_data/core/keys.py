"""The one place where clip ids and cue ids are made, read and assigned to splits.

A clip id is `{video_id}_{start_ms:09d}_{end_ms:09d}`: integers and no dots, because WebDataset splits a
member name at its first dot. Keys are ordered by their UTF-8 bytes, everywhere.
"""

import hashlib
import re
from typing import NamedTuple

from audsem_data.core.errors import InputError

_MAX_MS = 10**9 - 1
_SAFE, _UNSAFE = re.compile(r"[A-Za-z0-9_-]+"), re.compile(rb"[^A-Za-z0-9_-]")
_AMBIGUOUS = re.compile(r"_(?=[0-9]{9})")
SPLIT_SALT = "audsem-split-v1"


class ClipInterval(NamedTuple):
    """A video id (escaped) and a half-open interval in integer milliseconds."""

    video_id: str
    start_ms: int
    end_ms: int


def escape_video_id(name: str) -> str:
    """Turn any name into a video id; identity for YouTube ids, `%XX` for every other byte.

    An underscore before nine digits is escaped too, so that a key says where its video id ends.
    """
    if _SAFE.fullmatch(name):
        return _AMBIGUOUS.sub("%5F", name) if "_" in name else name
    safe = _UNSAFE.sub(lambda match: b"%%%02X" % match[0][0], _bytes(name))
    return _AMBIGUOUS.sub("%5F", safe.decode())


def unescape_video_id(video_id: str) -> str:
    """Undo `escape_video_id` exactly."""
    raw = re.sub(rb"%([0-9A-F]{2})", lambda match: bytes([int(match[1], 16)]), video_id.encode())
    return raw.decode(errors="surrogateescape")


def _bytes(name: str) -> bytes:
    """Return the bytes of a name, also of a file name that is not UTF-8."""
    return name.encode(errors="surrogateescape")


def clip_id(video_id: str, start_ms: int, end_ms: int) -> str:
    """Return the id of a clip of an already escaped video id; times in milliseconds, 0 <= start < end."""
    if not 0 <= start_ms < end_ms <= _MAX_MS:
        raise InputError(f"{video_id}: no clip can run from {start_ms} ms to {end_ms} ms")
    return f"{video_id}_{start_ms:09d}_{end_ms:09d}"


def parse_clip_id(key: str) -> ClipInterval:
    """Read a clip id, or the clip id that a cue id or example id begins with; raises InputError."""
    match = re.match(r"(.+?)_(\d{9})_(\d{9})(?=_|$)", key)
    if not match:
        raise InputError(f"{key!r} is not a clip id: expected VIDEO_STARTMS_ENDMS with nine digits each")
    return ClipInterval(match[1], int(match[2]), int(match[3]))


def cue_id(interval: ClipInterval, track: str, ordinal: int) -> str:
    """Return the id of a cue: its clip id, its track and its place in the track."""
    return f"{clip_id(*interval)}_{track}_{ordinal:06d}"


def sort_key(key: str) -> bytes:
    """Return what keys are ordered by."""
    return key.encode()


def hash_fraction(salt: str, name: str) -> float:
    """Return a number in [0, 1) that depends only on salt and name."""
    digest = hashlib.sha256(f"{salt}:{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
