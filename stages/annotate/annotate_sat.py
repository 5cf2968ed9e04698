"""Name the sounds of every second of a clip by SAT: the five likeliest of AudioSet's 527 classes.

Source: Dinkel et al., Streaming Audio Transformers for Online Audio Tagging, Interspeech 2024 (SAT base, 1 s); the
paper's prompts (appendix F.2) tell the order of events from these.
"""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from audsem_data.core.model import Device, ModelConfig
from audsem_data.core.outcome import Done, Failed, Outcome
from audsem_data.core.schema import Column
from audsem_data.core.stage import Item, Process
from audsem_data.models.audioset import TAGS, labels, top_tags
from audsem_data.models.reasons import ModelReason
from audsem_data.models.specs import SAT
from audsem_data.models.store import locate
from audsem_data.stages.annotate.audio_annotator import audio_annotator, sounds

SECONDS = pa.list_(pa.struct([("second", pa.int32()), ("tags", TAGS)]))


@audio_annotator(
    "annotate-sat",
    version=1,
    model=SAT,
    emits=[Column("seconds", SECONDS, "each second begun, from 0, and its five likeliest AudioSet classes")],
)
def open_annotate_sat(config: ModelConfig, device: Device) -> Process:
    """Return the process that tags seconds."""
    from audsem_data.models.sat import Sat

    model = Sat(locate(SAT, config.checkpoint), device, config.dtype)

    def process(items: Sequence[Item]) -> list[Outcome]:
        heard = model(sounds(items, SAT.rate))
        return [Failed(ModelReason.NOT_FINITE) if likely is None else _tags(likely) for likely in heard]

    return process


def _tags(likely: Any) -> Outcome:
    seconds = [{"second": second, "tags": top_tags(scores, labels())} for second, scores in enumerate(likely)]
    return Done.one(seconds=seconds)
