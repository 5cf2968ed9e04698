"""Take the fingerprint of each clip's sound, by which `score-duplicates` finds copies.

Source: Haitsma and Kalker, A Highly Robust Audio Fingerprinting System, ISMIR 2002.
"""

from collections.abc import Sequence

import pyarrow as pa

from audsem_data.core.outcome import Done
from audsem_data.core.schema import Column
from audsem_data.core.stage import Item, NoConfig, Process
from audsem_data.media.sound_fingerprint import RATE, fingerprint
from audsem_data.stages.annotate.audio_annotator import audio_annotator, sounds


@audio_annotator(
    "fingerprint-sound",
    version=1,
    rate=RATE,
    emits=[
        Column("frames", pa.list_(pa.uint32()), "32 bits a frame, 32 frames a second; 0 where there is silence"),
        Column("outlines", pa.list_(pa.uint32()), "the same of eight wide bands over half a second"),
    ],
)
def open_fingerprint_sound(config: NoConfig) -> Process:
    """Return what takes fingerprints."""

    def process(items: Sequence[Item]) -> list[Done]:
        prints = [fingerprint(samples) for samples in sounds(items, RATE)]
        return [Done.one(frames=one.frames, outlines=one.outlines) for one in prints]

    return process
