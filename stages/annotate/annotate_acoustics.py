"""Measure a clip's sound: loudness, onsets, pitch, brightness, silence and tempo, without any model.

Every fact is computed from the samples by a stated method (see the columns) and rounded; a fact that a clip
has not (the pitch of noise, the tempo of one bang) is null. Our own addition to the paper's annotators.
"""

from collections.abc import Sequence

from audsem_data.core.outcome import Done, Outcome
from audsem_data.core.stage import Audio, Item, Needs, NoConfig, Over, Process, stage
from audsem_data.media.acoustics.measure import COLUMNS, measure

AUDIO = Audio(32_000)


@stage(
    "annotate-acoustics",
    version=1,
    needs=[Needs("standardize", ("audio_sha256",))],
    emits=COLUMNS,
    media=(AUDIO,),
    over=Over("score-duration", "duration_ms", at_least=("select-clips", "min_duration_ms")),
    spooled=True,
)
def open_annotate_acoustics(config: NoConfig) -> Process:
    """Return the process that measures clips."""

    def process(items: Sequence[Item]) -> list[Outcome]:
        return [Done.one(**measure(item.media[AUDIO], AUDIO.rate)) for item in items]

    return process
