"""The two writers: rules, and a language model with its judge."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from audsem_data.core.model import Device
from audsem_data.core.outcome import Done, Failed, Outcome
from audsem_data.core.stage import Item, Memory
from audsem_data.llm.answers import Example, Task, Variant
from audsem_data.llm.backends import open_backend
from audsem_data.llm.responses import Responses
from audsem_data.llm.validators import find_set_flaw
from audsem_data.llm.writing import Clip, Draft, Writer
from audsem_data.llm.writing_prompt import evidence_of
from audsem_data.rules.writer import write
from audsem_data.stages.generate.options import GenerateConfig

Write = Callable[[Sequence[Item], Memory], list[Outcome]]


def by_rules(task: Task, config: GenerateConfig) -> Write:
    """Return what writes by rules, from caption and acoustics."""

    def compose(items: Sequence[Item], memory: Memory) -> list[Outcome]:
        return [_ruled(task, item, config) for item in items]

    return compose


def _ruled(task: Task, item: Item, config: GenerateConfig) -> Outcome:
    rows = []
    for variant in config.variants:
        made = write(task, variant, f"{config.seed}:{item.key}", item["caption"], item["acoustics"])
        if found := find_set_flaw(made, task, item["caption"]):
            return Failed(found[0], f"{variant}: {found[1]}")
        rows += _rows(item.key, task, variant, made, "rules")
    return Done(rows)


def by_model(task: Task, config: GenerateConfig, device: Device) -> Write:
    """Return what has a model write, and a judge read; raises ModelError or UsageError."""
    writer = Responses(open_backend(config, device), config.answering)
    judge = _judge(config, device, writer) if config.judge else None
    version = config.prompt_version
    author = Writer(writer, judge, config.sampling, config.regenerations, config.seed, version)

    def compose(items: Sequence[Item], memory: Memory) -> list[Outcome]:
        groups = author.write(task, config.variants, [_clip(item, version) for item in items], memory)
        return [_outcome(task, group, config.model_name) for group in groups]

    return compose


def _clip(item: Item, version: int) -> Clip:
    return Clip(item.key, evidence_of(item["caption"], item.values, version), item["caption"], item.tries)


def _judge(config: GenerateConfig, device: Device, writer: Responses) -> Responses:
    if not config.judge_model:
        return writer
    place = config.judge_endpoint or config.endpoint
    other = config.model_copy(update={"backend": "openai", "served_model": config.judge_model, "endpoint": place})
    return Responses(open_backend(other, device), other.answering)


def _outcome(task: Task, drafts: Sequence[Draft], model: str) -> Outcome:
    """Return a clip's rows with what was not fit on the way, or why it has none, with every attempt."""
    usage = Counter[str]()
    for draft in drafts:
        usage.update(draft.usage)
    told = "; ".join(f"{d.variant} {n}: {line}" for d in drafts for n, line in enumerate(d.refused, 1))
    failures = [draft.failure for draft in drafts if not draft.examples and draft.failure]
    if failures:
        worst = next((failure for failure in failures if failure.reason.transient), failures[0])
        said = "; ".join(part for part in (told, worst.detail if worst.detail not in told else "") if part)
        return Failed(worst.reason, said, usage)
    rows = [
        row for draft in drafts for row in _rows(draft.clip.clip_id, task, draft.variant, draft.examples, model)
    ]
    return Done(rows, told, usage=usage)


def _rows(clip_id: str, task: Task, variant: Variant, made: Sequence[Example], writer: str) -> list[dict[str, Any]]:
    return [
        {
            "example_id": f"{clip_id}_{task}_{variant}_{number}",
            "clip_id": clip_id,
            "task": task,
            "variant": variant,
            **example.row(),
            "writer": writer,
        }
        for number, example in enumerate(made)
    ]
