"""Put "person" in the place of people's names in captions, so that no one is named and a sound has one wording.

The names are those that a token classifier finds. Where the recipe runs it, `select-captions` takes its text.
Source: the code of the paper's authors, which does so by a list of first names.
"""

from collections.abc import Sequence

import pyarrow as pa

from audsem_data.core.model import Device, ModelConfig
from audsem_data.core.outcome import Done, Outcome
from audsem_data.core.schema import CAPTION, CUE_ID, Column
from audsem_data.core.stage import Item, Needs, Process, stage
from audsem_data.models.specs import BERT_NER
from audsem_data.models.weights import WeightsOf
from audsem_data.stages.select.brackets import caption_of

PERSON = "person"


@stage(
    "mask-names",
    version=1,
    needs=[Needs("extract-sdh", ("text",))],
    emits=[*CAPTION, Column("names", pa.int32(), "how many names were replaced")],
    config=ModelConfig,
    key=CUE_ID,
    batch=4096,
    spooled=True,
    identity=BERT_NER.identity,
    weights=WeightsOf(BERT_NER),
)
def open_mask_names(config: ModelConfig, device: Device) -> Process:
    """Return the process that masks captions."""
    from audsem_data.models.name_finder import NameFinder
    from audsem_data.models.store import locate

    finder = NameFinder(locate(BERT_NER, config.checkpoint), device, config.dtype)

    def process(items: Sequence[Item]) -> list[Outcome]:
        texts = [str(item["text"]) for item in items]
        return [_masked(text, names) for text, names in zip(texts, finder(texts), strict=True)]

    return process


def _masked(text: str, names: Sequence[tuple[int, int]]) -> Outcome:
    for begin, end in reversed(names):
        text = text[:begin] + PERSON + text[end:]
    return Done.one(text=text, caption=caption_of(text), names=len(names))
