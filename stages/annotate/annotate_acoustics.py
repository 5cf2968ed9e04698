"""Measure a clip's sound: loudness, onsets, pitch, brightness, silence and tempo, without any model.

Every fact is computed from the samples by a stated method (see the columns) and rounded; a fact that a clip
has not (the pitch of noise, the tempo of one bang) is null. Our own addition to the paper's annotators.
"""

from collections.abc import Sequence

from audsem_data.core.outcome import Done, Outcome
from audsem_data.core.stage import Item, NoConfig, Process
from audsem_data.media.acoustics.measure import COLUMNS, measure
from audsem_data.stages.annotate.audio_annotator import audio_annotator, sounds

RATE = 32_000


@audio_annotator(
    "annotate-acoustics",
    version=1,
    rate=RATE,
    emits=COLUMNS,
)
def open_annotate_acoustics(config: NoConfig) -> Process:
    """Return the process that measures clips."""

    def process(items: Sequence[Item]) -> list[Outcome]:
        return [Done.one(**measure(samples, RATE)) for samples in sounds(items, RATE)]

    return process
