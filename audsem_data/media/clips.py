"""Read clips from the tars of `standardize`: wanted audio in one streaming pass, decoded samples."""

import tarfile
from collections.abc import Collection, Iterator
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile

from audsem_data.core.errors import CorruptionError
from audsem_data.media.mixdown import Samples

AUDIO_SUFFIXES = frozenset({"flac", "wav"})


class Decoded(NamedTuple):
    """Mono samples, float32 shape (n,) in [-1, 1], and their rate in hertz."""

    samples: Samples
    rate: int


def iterate_audio(tar: Path, wanted: Collection[str]) -> Iterator[tuple[str, bytes]]:
    """Yield (key, audio file) of the wanted clips in the tar's order, holding one and reading no other.

    Raises CorruptionError if the tar cannot be read, or ends without having held all of them.
    """
    missing = set(wanted)
    for key, data in _audio_files(tar, missing):
        missing.discard(key)
        yield key, data
        if not missing:
            return
    if missing:
        raise CorruptionError(
            f"{tar} does not hold the audio of {min(missing)} and {len(missing) - 1} more clips that it should; "
            "run `audsem-data status --verify`, then run standardize again"
        )


def decode_clip(data: bytes) -> Decoded:
    """Return the samples of a clip's audio file, FLAC or WAV; raises CorruptionError if it is damaged."""
    try:
        samples, rate = soundfile.read(BytesIO(data), dtype="float32", always_2d=True)
    except soundfile.SoundFileError as error:
        raise CorruptionError(f"a clip's audio cannot be decoded: {error}") from error
    return Decoded(np.ascontiguousarray(samples.mean(axis=1, dtype=np.float32)), int(rate))


def _audio_files(tar: Path, keys: Collection[str]) -> Iterator[tuple[str, bytes]]:
    """Yield (key, audio file) of these clips; asks `keys` anew for each, so it may shrink meanwhile."""
    try:
        with tarfile.open(tar, "r:") as archive:
            for member in archive:
                key, _, suffix = member.name.partition(".")
                if key in keys and suffix in AUDIO_SUFFIXES:
                    file = archive.extractfile(member)
                    yield key, file.read() if file else b""
                archive.members = []  # type: ignore[attr-defined]  # TarFile keeps every header otherwise
    except (tarfile.TarError, EOFError, OSError) as error:
        raise CorruptionError(f"{tar} cannot be read as a tar: {error}") from error
