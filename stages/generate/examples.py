"""What the four generate stages share: their options, columns, reasons and the work itself."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import pyarrow as pa
from pydantic import Field

from audsem_data.core.descriptors import DESCRIPTORS
from audsem_data.core.outcome import Done, Failed, Outcome
from audsem_data.core.schema import CLIP_ID, Column
from audsem_data.core.stage import Config, Item, Needs, Over
from audsem_data.llm.answers import Task, Variant
from audsem_data.llm.rules.sound_classes import sound_classes_digest
from audsem_data.llm.rules.writer import write
from audsem_data.llm.validators import Flaw, find_flaw

TEXTS = pa.list_(pa.string())


class GenerateConfig(Config):
    """How examples are written."""

    writer: Literal["rules"] = Field("rules", description="who writes: rules (paper: Qwen2.5-72B-Instruct)")
    variants: tuple[Variant, ...] = Field(
        ("simple", "semantic"), description="without and with the nine semantic descriptors (paper: both)"
    )
    seed: int = Field(0, description="changes wordings and distractors, and nothing else")


EXAMPLE_ID = Column("example_id", pa.string(), "clip, task, variant and number: CLIP_TASK_VARIANT_K")
EMITS = (
    CLIP_ID,
    Column("task", pa.string(), "captioning, mc_qa, open_qa or creative_writing"),
    Column("variant", pa.string(), "simple, or semantic: with semantic elements"),
    Column("question", pa.string(), "what is asked, or the instruction"),
    Column("choices", TEXTS, "options, the right one first (`assemble` shuffles); null elsewhere", nullable=True),
    Column("thinking", pa.string(), "the reasoning, at least 50 words"),
    Column(
        "semantic_elements",
        pa.struct([(name, TEXTS) for name in DESCRIPTORS]),
        "nine descriptors of the sound (paper, Table 2); null in the simple variant",
        nullable=True,
    ),
    Column("answer", pa.string(), "the answer, at most 50 words"),
    Column(
        "facts",
        pa.list_(pa.struct([("sentence", pa.string()), ("column", pa.string()), ("value", pa.string())])),
        "each text that asserts something, with the column and value of the evidence that it rests on",
    ),
    Column("writer", pa.string(), "who wrote it"),
)
DECLARED: dict[str, Any] = {
    "version": 1,
    "needs": [Needs("combine", ("caption", "acoustics"))],
    "over": Over("select-clips", "keep"),
    "key": EXAMPLE_ID,
    "emits": EMITS,
    "config": GenerateConfig,
    "reasons": [Flaw],
    "identity": {"sound_classes": sound_classes_digest()},
}


def examples_of(task: Task, config: GenerateConfig) -> Callable[[Sequence[Item]], list[Outcome]]:
    """Return what writes the examples of a task; a clip whose examples have a flaw fails whole."""
    return lambda items: [_written(task, item, config) for item in items]


def _written(task: Task, item: Item, config: GenerateConfig) -> Outcome:
    rows = []
    for variant in config.variants:
        made = write(task, variant, f"{config.seed}:{item.key}", item["caption"], item["acoustics"])
        for number, example in enumerate(made):
            if flaw := find_flaw(example, item["caption"]):
                return Failed(flaw, f"{variant} {number}: {example.answer}")
            named = {"example_id": f"{item.key}_{task}_{variant}_{number}", "clip_id": item.key}
            rows.append({**named, "task": task, "variant": variant, **example.row(), "writer": config.writer})
    return Done(rows)
