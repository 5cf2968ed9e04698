"""Find, for each clip of a corpus, the earlier clip that sounds most like it, without comparing all pairs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from audsem_data.media.sound_fingerprint import Fingerprint, distance

Array = np.ndarray[Any, Any]
CROWD = 64  # of a key that more clips share, the others are compared with the one before them only
ALIKE = 0.4  # unrelated sounds differ in more bits than that: such pairs are not listed


@dataclass(frozen=True)
class Clip:
    """A clip as it is compared."""

    clip_id: str
    audio_sha256: str
    sound: Fingerprint


@dataclass(frozen=True)
class Nearest:
    """The earlier clip most like one, and the share of bits in which they differ."""

    clip_id: str
    distance: float


def nearest_earlier(clips: Sequence[Clip], compared: int = 0) -> dict[str, Nearest]:
    """Return the nearest earlier clip of each of `clips[compared:]` that has one within 0.4.

    Compared are only clips that share a frame, an outline or all their bytes; those before `compared` are looked up
    and not compared again. Of several equally near the first is taken.
    """
    found: dict[str, Nearest] = {}
    for early, late in _candidates(clips, compared):
        one, other = clips[early], clips[late]
        same = one.audio_sha256 == other.audio_sha256
        apart = 0.0 if same else distance(one.sound.frames, other.sound.frames)
        best = found.get(other.clip_id)
        if apart <= ALIKE and (best is None or apart < best.distance):
            found[other.clip_id] = Nearest(one.clip_id, apart)
    return found


def _candidates(clips: Sequence[Clip], compared: int) -> list[tuple[int, int]]:
    """Return the pairs of positions that share a key, the earlier first, in order."""
    if not clips:
        return []
    frames = [np.unique(clip.sound.frames[clip.sound.frames > 0]).astype(np.uint64) for clip in clips]
    outlines = [np.unique(clip.sound.outlines).astype(np.uint64) | np.uint64(1 << 32) for clip in clips]
    bytes_of = [np.array([int(clip.audio_sha256[:15], 16) | 1 << 62], np.uint64) for clip in clips]
    pairs = [_sharing(keys, compared) for keys in (frames, outlines)]
    pairs.append(_sharing(bytes_of, compared))
    return [(int(early), int(late)) for early, late in np.unique(np.concatenate(pairs), axis=0)]


def _sharing(keys: Sequence[Array], compared: int) -> Array:
    """Return the pairs (early, late) of clips that share one of their keys, shape (pairs, 2); late is new.

    Which they are depends on earlier clips alone: a corpus that grew gives the pairs of one that was there at once.
    """
    key = np.concatenate(keys)
    clip = np.repeat(np.arange(len(keys)), [len(one) for one in keys])
    order = np.lexsort((clip, key))
    key, clip = key[order], clip[order]
    first = np.searchsorted(key, key)
    rank = np.arange(len(key)) - first
    found = [np.zeros((0, 2), np.int64)]
    for apart in range(1, CROWD):
        near = (rank[apart:] >= apart) & (clip[apart:] >= compared)
        if apart > 1:
            near &= rank[apart:] < CROWD
        if near.any():
            pairs = np.column_stack((clip[:-apart][near], clip[apart:][near]))
            found.append(np.unique(pairs, axis=0))
    return np.concatenate(found)
