"""What the four generate stages share: columns, reasons, what they read, and which clips they write of."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from audsem_data.core.descriptors import DESCRIPTORS
from audsem_data.core.keys import hash_fraction
from audsem_data.core.model import Device
from audsem_data.core.outcome import Filtered, Outcome, Reason
from audsem_data.core.schema import CLIP_ID, Column
from audsem_data.core.stage import Item, Memory, Needs, Over, Stage
from audsem_data.llm.answers import Task
from audsem_data.llm.backends import WEIGHTS
from audsem_data.llm.endpoint import EndpointReason
from audsem_data.llm.flaws import Flaw
from audsem_data.llm.prompts import load_prompt
from audsem_data.llm.writing_prompt import shown, struct_name, writing_prompt
from audsem_data.rules.sound_classes import sound_classes_digest
from audsem_data.stages.generate.options import GenerateConfig
from audsem_data.stages.generate.writers import Write, by_model, by_rules

TEXTS = pa.list_(pa.string())
TASKS: tuple[Task, ...] = ("captioning", "mc_qa", "open_qa", "creative_writing")


class Mix(Reason):
    """Why no example of a task is written of a clip."""

    NOT_CHOSEN = "not_chosen", "the clip is not in the share of clips that the task is written of"


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
        "each text of the rules that asserts something, with the column and value of the evidence that it rests on",
    ),
    Column("writer", pa.string(), "who wrote it: rules, or the name of a model"),
)
_BY_RULES = (Needs("combine", ("caption", "acoustics")),)


def needs_of(config: GenerateConfig, known: Mapping[str, Stage]) -> tuple[Needs, ...]:
    """Return what a writer reads: the rules caption and acoustics, a model what its prompt shows."""
    if config.backend == "rules":
        return _BY_RULES
    stages = [known[name] for name in shown(config.prompt_version).stages if name in known]
    columns = {stage.name: tuple(column.name for column in stage.emits) for stage in stages}
    annotators = (Needs(name, held, optional=True, struct=struct_name(name)) for name, held in columns.items())
    return (Needs("combine", ("caption",)), *annotators)


def identity_of(config: GenerateConfig) -> Mapping[str, str]:
    """Return what the fingerprint says of a writer beside its options."""
    if config.backend == "rules":
        return {"sound_classes": sound_classes_digest()}
    version = config.prompt_version
    prompts = [writing_prompt(task, variant, version).digest for task in TASKS for variant in config.variants]
    said = {"prompts": f"v{version}-" + hashlib.sha256("".join(prompts).encode()).hexdigest()[:16]}
    judge = load_prompt("judge", version)
    judged = {"judge": f"v{judge.version}-{judge.digest}"} if config.judge else {}
    return {**said, **judged, "model": config.model_identity}


DECLARED: dict[str, Any] = {
    "version": 2,
    "needs": _BY_RULES,
    "adapts": needs_of,
    "over": Over("select-clips", "keep"),
    "key": EXAMPLE_ID,
    "emits": EMITS,
    "config": GenerateConfig,
    "reasons": [Flaw, EndpointReason, Mix],
    "remembers": True,
    "batch": 256,
    "cool_down": 60.0,
    "identity": identity_of,
    "weights": WEIGHTS,
}


def examples_of(task: Task, config: GenerateConfig, device: Device) -> Write:
    """Return what writes the examples of a task; a clip with an example that is not fit fails whole."""
    compose = by_rules(task, config) if config.backend == "rules" else by_model(task, config, device)

    def process(items: Sequence[Item], memory: Memory) -> list[Outcome]:
        wanted = [item for item in items if chosen(task, item.key, config)]
        made = dict(zip((item.key for item in wanted), compose(wanted, memory), strict=True))
        return [made.get(item.key, Filtered(Mix.NOT_CHOSEN)) for item in items]

    return process


def chosen(task: Task, clip_id: str, config: GenerateConfig) -> bool:
    """Say whether a task is written of a clip; a larger share holds every smaller one."""
    return hash_fraction(task, clip_id) < config.share


def task_of(stage: str) -> Task:
    """Return the task that a stage writes."""
    return next(task for task in TASKS if stage == f"generate-{task.replace('_', '-')}")
