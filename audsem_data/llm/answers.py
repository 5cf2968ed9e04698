"""What an example holds, whoever writes it: question, choices, thinking, descriptors, answer, and its facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from audsem_data.core.descriptors import DESCRIPTORS

Task = Literal["captioning", "mc_qa", "open_qa", "creative_writing"]
Variant = Literal["simple", "semantic"]

NOT_EVIDENT = "not evident"


@dataclass(frozen=True)
class Fact:
    """A sentence, clause or descriptor, and the column and value of the evidence that it rests on."""

    sentence: str
    column: str
    value: str


@dataclass(frozen=True)
class Example:
    """One example; `choices` has the right one first, `elements` is None in the simple variant."""

    question: str
    thinking: str
    answer: str
    choices: Sequence[str] | None = None
    elements: Mapping[str, Sequence[str]] | None = None
    facts: Sequence[Fact] = field(default_factory=tuple)

    def row(self) -> dict[str, Any]:
        """Return the example as columns."""
        return {
            "question": self.question,
            "choices": None if self.choices is None else list(self.choices),
            "thinking": self.thinking,
            "semantic_elements": None if self.elements is None else {k: list(v) for k, v in self.elements.items()},
            "answer": self.answer,
            "facts": [vars(fact) for fact in self.facts],
        }


def count_words(text: str) -> int:
    """Return the number of words, as the paper counts them: split at white space."""
    return len(text.split())


def render_elements(elements: Mapping[str, Sequence[str]]) -> str:
    """Return the descriptors as text for training: one a line, `Physical sources: rain`."""
    lines = [f"{name.replace('_', ' ').capitalize()}: {', '.join(elements[name])}" for name in DESCRIPTORS]
    return "\n".join(lines)


def render_training_text(example: Example) -> str:
    """Return the completion that a model learns: thinking, descriptors where there are some, answer, tagged."""
    parts = [f"<think>{example.thinking}</think>"]
    if example.elements is not None:
        parts.append(f"<semantic_elements>{render_elements(example.elements)}</semantic_elements>")
    return "\n".join([*parts, f"<answer>{example.answer}</answer>"])
