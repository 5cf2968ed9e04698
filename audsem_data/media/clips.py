"""Read clips from the tars of `standardize`: the media that stages declare, in one streaming pass."""

from collections.abc import Collection, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soundfile

from audsem_data.core.errors import CorruptionError
from audsem_data.core.outcome import AbsentMedia, Filtered
from audsem_data.core.stage import Audio, Frames, Media
from audsem_data.media.clip_frames import choose, decode_frames
from audsem_data.media.mixdown import Samples
from audsem_data.media.resample import resample
from audsem_data.storage.tars import iterate_clips

AUDIO_SUFFIXES = frozenset({"flac", "wav"})
VIDEO_SUFFIXES = frozenset({"mp4"})


class Decoded(NamedTuple):
    """Mono samples, float32 shape (n,) in [-1, 1], and their rate in hertz."""

    samples: Samples
    rate: int


def read_clips(tar: Path, wanted: Mapping[str, Collection[Media]]) -> Iterator[tuple[str, Mapping[Media, Any]]]:
    """Yield (key, media by need) of the wanted clips in the tar's order, holding one and reading no other.

    Each clip is decoded once, and resampled once a rate that it is needed at. `Audio` gives samples, `Frames` a
    `ClipFrames`; what a clip does not have is a `Filtered` that says why.

    Raises:
        CorruptionError: the tar or a member is damaged, or it ends without having held all clips.
    """
    missing = set(wanted)
    for key, files in iterate_clips(tar, lambda key, suffix: _is_read(wanted.get(key, ()), suffix)):
        if key not in missing:
            continue
        missing.discard(key)
        yield key, {**_audio(files, wanted[key]), **_frames(files, wanted[key])}
        if not missing:
            return
    if missing:
        raise CorruptionError(
            f"{tar} does not hold {min(missing)} and {len(missing) - 1} more clips that it should; "
            "run `audsem-data status --verify`, then run standardize again"
        )


def decode_clip(data: bytes) -> Decoded:
    """Return the samples of a clip's audio file, FLAC or WAV; raises CorruptionError if it is damaged."""
    try:
        samples, rate = soundfile.read(BytesIO(data), dtype="float32", always_2d=True)
    except soundfile.SoundFileError as error:
        raise CorruptionError(f"a clip's audio cannot be decoded: {error}") from error
    return Decoded(np.ascontiguousarray(samples.mean(axis=1, dtype=np.float32)), int(rate))


def _is_read(needs: Collection[Media], suffix: str) -> bool:
    if suffix in AUDIO_SUFFIXES:
        return any(isinstance(need, Audio) for need in needs)
    return suffix in VIDEO_SUFFIXES and any(isinstance(need, Frames) for need in needs)


def _audio(files: Mapping[str, bytes], needs: Collection[Media]) -> dict[Media, Any]:
    rates = [need for need in needs if isinstance(need, Audio)]
    if not rates:
        return {}
    data = _member(files, AUDIO_SUFFIXES)
    if data is None:
        return dict.fromkeys(rates, Filtered(AbsentMedia.NO_AUDIO))
    samples, rate = decode_clip(data)
    return {need: resample(samples, rate, need.rate) for need in rates}


def _frames(files: Mapping[str, bytes], needs: Collection[Media]) -> dict[Media, Any]:
    policies = [need for need in needs if isinstance(need, Frames)]
    if not policies:
        return {}
    data = _member(files, VIDEO_SUFFIXES)
    if data is None:
        return dict.fromkeys(policies, Filtered(AbsentMedia.NO_VIDEO))
    frames = decode_frames(data)
    if not frames.pictures:
        return dict.fromkeys(policies, Filtered(AbsentMedia.BLACK_VIDEO))
    return {need: choose(frames, need) for need in policies}


def _member(files: Mapping[str, bytes], suffixes: Collection[str]) -> bytes | None:
    return next((data for suffix, data in files.items() if suffix in suffixes), None)
