"""Name the sounds of a clip by AST: the five likeliest of AudioSet's 527 classes.

Source: Gong et al., AST: Audio Spectrogram Transformer, Interspeech 2021, as fine-tuned on AudioSet; labels are
those of AudioSet's ontology, as the paper says (appendix C.2).
"""

from collections.abc import Sequence

from audsem_data.core.model import Device, ModelConfig
from audsem_data.core.outcome import Done, Failed, Outcome
from audsem_data.core.schema import Column
from audsem_data.core.stage import Item, Process
from audsem_data.models.audioset import TAGS, labels, top_tags
from audsem_data.models.reasons import ModelReason
from audsem_data.models.specs import AST
from audsem_data.models.store import locate
from audsem_data.stages.annotate.audio_annotator import audio_annotator, sounds


@audio_annotator(
    "annotate-ast",
    version=1,
    model=AST,
    emits=[Column("tags", TAGS, "the five likeliest AudioSet classes, best first, and their probabilities")],
)
def open_annotate_ast(config: ModelConfig, device: Device) -> Process:
    """Return the process that tags clips."""
    from audsem_data.models.ast import Ast

    model = Ast(locate(AST, config.checkpoint), device, config.dtype)

    def process(items: Sequence[Item]) -> list[Outcome]:
        return [
            Failed(ModelReason.NOT_FINITE) if scores is None else Done.one(tags=top_tags(scores, labels()))
            for scores in model(sounds(items, AST.rate))
        ]

    return process
