"""Caption the pictures of a clip by BLIP; equal captions are merged.

Source: Li et al., BLIP, ICML 2022; four beams and at most 20 tokens as in the paper (appendix C.2).
"""

from collections import Counter
from collections.abc import Sequence

import pyarrow as pa
from pydantic import Field

from audsem_data.core.model import Device, ModelConfig
from audsem_data.core.outcome import Done, Failed, Outcome
from audsem_data.core.schema import Column
from audsem_data.core.stage import Item, Process
from audsem_data.models.frame_batches import by_clip
from audsem_data.models.reasons import ModelReason
from audsem_data.models.specs import BLIP
from audsem_data.models.store import locate
from audsem_data.stages.annotate.image_annotator import image_annotator, pictures

CAPTIONS = pa.list_(pa.struct([("caption", pa.string()), ("frames", pa.int16())]))


class BlipConfig(ModelConfig):
    """Options of annotate-blip."""

    beams: int = Field(4, ge=1, description="beams of the search (paper: 4)")
    max_tokens: int = Field(20, ge=2, description="most tokens of a caption (paper: 20)")


@image_annotator(
    "annotate-blip",
    version=1,
    model=BLIP,
    emits=[
        Column("captions", CAPTIONS, "captions in the order of their first frames, and how many frames have each")
    ],
    config=BlipConfig,
)
def open_annotate_blip(config: BlipConfig, device: Device) -> Process:
    """Return the process that captions pictures."""
    from audsem_data.models.blip import Blip

    model = Blip(locate(BLIP, config.checkpoint), device, config.dtype, config.beams, config.max_tokens)

    def process(items: Sequence[Item]) -> list[Outcome]:
        return [_outcome(captions) for captions in by_clip(model, pictures(items))]

    return process


def _outcome(captions: Sequence[str]) -> Outcome:
    merged = [{"caption": caption, "frames": count} for caption, count in Counter(captions).items() if caption]
    return Done.one(captions=merged) if merged else Failed(ModelReason.EMPTY_ANSWER)
