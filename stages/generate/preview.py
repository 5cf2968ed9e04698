"""What a model would be asked, and what all of it would cost, before anything is asked."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from audsem_data.core.errors import ModelError
from audsem_data.core.stage import Item
from audsem_data.llm.answers import Task, Variant
from audsem_data.llm.prompts import Messages
from audsem_data.llm.writing_prompt import evidence_of, writing_prompt
from audsem_data.models.specs import QWEN2_5
from audsem_data.models.store import locate
from audsem_data.stages.generate.options import GenerateConfig

BYTES_A_TOKEN = 4  # of English, where no tokenizer is at hand

Count = Callable[[str], int]


@dataclass(frozen=True)
class Preview:
    """A request that would be sent; `shared` of its `tokens` come before anything that is the clip's own."""

    clip_id: str
    variant: Variant
    messages: Messages
    tokens: int
    shared: int


@dataclass(frozen=True)
class Estimate:
    """What a task would cost over `clips` clips, if every first answer is kept.

    Attributes:
        usage: tokens by name, as records have them.
        measured: whether what is written was measured on answers that are there; else it is the limit.
    """

    clips: int
    usage: Mapping[str, float]
    measured: bool


def token_counter(config: GenerateConfig) -> tuple[Count, bool]:
    """Return what counts tokens, and whether it counts exactly: by the model's own tokenizer, where it is here."""
    try:
        folder = locate(QWEN2_5, config.checkpoint)
        from transformers import AutoTokenizer

        from audsem_data.models.pretrained import load_pretrained

        tokenizer = load_pretrained(AutoTokenizer, folder)
    except (ModelError, ImportError):
        return lambda text: -(-len(text.encode()) // BYTES_A_TOKEN), False
    return lambda text: len(tokenizer(text)["input_ids"]), True


def previews(task: Task, config: GenerateConfig, items: Sequence[Item], count: Count) -> Iterator[Preview]:
    """Yield the first request of every clip and variant."""
    for item in items:
        evidence = evidence_of(item["caption"], item.values, config.prompt_version)
        for variant in config.variants:
            messages = writing_prompt(task, variant, config.prompt_version).messages(evidence=evidence)
            shared, own = (count(message["content"]) for message in messages)
            yield Preview(item.key, variant, messages, shared + own, shared)


def estimate(shown: Sequence[Preview], clips: int, config: GenerateConfig, spent: Mapping[str, float]) -> Estimate:
    """Return what `clips` clips would cost, judging by a sample of previews and by what was spent before."""
    usage = Counter[str]()
    if shown:
        each = clips * len(config.variants) / len(shown)
        usage["tokens_in"] = round(each * sum(preview.tokens for preview in shown))
        shared = {preview.variant: preview.shared for preview in shown}
        usage["tokens_cached"] = max(clips - 1, 0) * sum(shared.values())
    asked = spent.get("requests", 0)
    written = spent.get("tokens_out", 0) / asked if asked else config.max_tokens
    usage["tokens_out"] = round(written * clips * len(config.variants))
    return Estimate(clips, usage, bool(asked))
