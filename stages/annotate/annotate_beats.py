"""Name the sounds of a clip by BEATs: the five likeliest of AudioSet's 527 classes.

Source: Chen et al., BEATs: Audio Pre-Training with Acoustic Tokenizers, ICML 2023, as fine-tuned on AudioSet;
five tags a clip as in appendix C.2 of the paper.
"""

from collections.abc import Sequence

from audsem_data.core.model import Device, ModelConfig
from audsem_data.core.outcome import Done, Failed, Outcome
from audsem_data.core.schema import Column
from audsem_data.core.stage import Item, Process
from audsem_data.models.audioset import TAGS, labels, top_tags
from audsem_data.models.reasons import ModelReason
from audsem_data.models.specs import BEATS
from audsem_data.stages.annotate.audio_annotator import audio_annotator, sounds


@audio_annotator(
    "annotate-beats",
    version=1,
    model=BEATS,
    emits=[Column("tags", TAGS, "the five likeliest AudioSet classes, best first, and their probabilities")],
)
def open_annotate_beats(config: ModelConfig, device: Device) -> Process:
    """Return the process that tags clips."""
    from audsem_data.models.beats import Beats
    from audsem_data.models.store import locate

    model = Beats(locate(BEATS, config.checkpoint), device, config.dtype)

    def process(items: Sequence[Item]) -> list[Outcome]:
        return [
            Failed(ModelReason.NOT_FINITE) if scores is None else Done.one(tags=top_tags(scores, labels()))
            for scores in model(sounds(items, BEATS.rate))
        ]

    return process
