"""Name the sounds of a clip by AST: the five likeliest of AudioSet's 527 classes.

Source: Gong et al., AST: Audio Spectrogram Transformer, Interspeech 2021, as fine-tuned on AudioSet; labels are
those of AudioSet's ontology, as the paper says (appendix C.2).
"""

from collections.abc import Sequence

from audsem_data.core.model import Device, ModelConfig
from audsem_data.core.outcome import Done, Failed, Outcome
from audsem_data.core.schema import Column
from audsem_data.core.stage import Audio, Item, Needs, Over, Process, stage
from audsem_data.models.audioset import TAGS, labels, top_tags
from audsem_data.models.reasons import ModelReason
from audsem_data.models.specs import AST
from audsem_data.models.store import locate
from audsem_data.models.weights import weights_of

AUDIO = Audio(AST.rate)


@stage(
    "annotate-ast",
    version=1,
    needs=[Needs("standardize", ("audio_sha256",))],
    emits=[Column("tags", TAGS, "the five likeliest AudioSet classes, best first, and their probabilities")],
    config=ModelConfig,
    media=(AUDIO,),
    over=Over("score-duration", "duration_ms", at_least=("select-clips", "min_duration_ms")),
    reasons=(ModelReason,),
    spooled=True,
    identity=AST.identity,
    weights=weights_of(AST),
)
def open_annotate_ast(config: ModelConfig, device: Device) -> Process:
    """Return the process that tags clips."""
    from audsem_data.models.ast import Ast

    model = Ast(locate(AST, config.checkpoint), device, config.dtype)

    def process(items: Sequence[Item]) -> list[Outcome]:
        return [
            Failed(ModelReason.NOT_FINITE) if scores is None else Done.one(tags=top_tags(scores, labels()))
            for scores in model([item.media[AUDIO] for item in items])
        ]

    return process
