"""The text that models are trained on, made in one place: instruction, question, and the completion in its tags.

Source: paper, section 4 and appendix F.3; the wording of the instructions is ours.
"""

import re
from collections.abc import Mapping
from string import ascii_uppercase
from typing import Any, NamedTuple

from audsem_data.core.descriptors import DESCRIPTORS
from audsem_data.publish.features import LETTERS

THINK, ELEMENTS, ANSWER = "think", "semantic_elements", "answer"
_TAG = re.compile(rf"<(/?)({THINK}|{ELEMENTS}|{ANSWER})>")

_SIMPLE = (
    "Listen to the sound and answer the question about it. Write down how you come to your answer between <think> "
    "and </think>, then the answer alone between <answer> and </answer>."
)
_SEMANTIC = (
    "Listen to the sound and answer the question about it. Write down how you come to your answer between <think> "
    "and </think>. Then list what makes up the sound, its sources, actions, place and qualities, between "
    "<semantic_elements> and </semantic_elements>. Then write the answer alone between <answer> and </answer>."
)
_CHOICE = " The answer is one of the options: its letter and its text."
_BUDGET = " Think in about {words} words."
_DESCRIBE = "Describe the sound in detail."


class Sections(NamedTuple):
    """The parts of a completion; `elements` is None where it has none."""

    thinking: str
    elements: str | None
    answer: str


def question_of(row: Mapping[str, Any], words: int | None = None) -> str:
    """Return what a model is asked of a dataset's row: instruction, question and options.

    Args:
        row: of any task.
        words: how long to think, where that is asked for.
    """
    choices = row["choices"] or ()
    instruction = _SEMANTIC if row["semantic_elements"] else _SIMPLE
    instruction += (_CHOICE if choices else "") + (_BUDGET.format(words=words) if words else "")
    lines = [instruction, "", row["question"] or _DESCRIBE]
    return "\n".join(
        [*lines, *(f"{letter}. {text}" for letter, text in zip(ascii_uppercase, choices, strict=False))]
    )


def answer_of(row: Mapping[str, Any]) -> str:
    """Return a row's answer as a model is to give it: of multiple choice, the letter and its text."""
    index = row["answer_index"]
    return row["answer"] if index is None else f"{LETTERS[index]}. {row['choices'][index]}"


def completion_of(row: Mapping[str, Any]) -> str:
    """Return what a model is to write for a dataset's row."""
    parts = [_tagged(THINK, row["thinking"])]
    if row["semantic_elements"]:
        parts.append(_tagged(ELEMENTS, elements_of(row["semantic_elements"])))
    return "\n".join([*parts, _tagged(ANSWER, answer_of(row))])


def elements_of(elements: Mapping[str, Any]) -> str:
    """Return the descriptors that are evident, a line each: `Spatial context: in a room; nearby`."""
    named = ((name.replace("_", " ").capitalize(), elements.get(name) or ()) for name in DESCRIPTORS)
    return "\n".join(f"{name}: {'; '.join(values)}" for name, values in named if values)


def read_sections(text: str) -> Sections | None:
    """Return the parts of a completion whose tags are all there, in order, closed, with nothing outside; else None.

    Takes time in proportion to the text.
    """
    tags = list(_TAG.finditer(text))
    order = [match[0] for match in tags]
    wanted = [part for name in (THINK, ELEMENTS, ANSWER) for part in (f"<{name}>", f"</{name}>")]
    if order not in (wanted, [*wanted[:2], *wanted[4:]]):
        return None
    outside = [text[: tags[0].start()], text[tags[-1].end() :]]
    outside += [text[tags[at].end() : tags[at + 1].start()] for at in range(1, len(tags) - 1, 2)]
    if any(gap.strip() for gap in outside):
        return None
    inside = [text[tags[at].end() : tags[at + 1].start()].strip() for at in range(0, len(tags), 2)]
    return Sections(inside[0], inside[1] if len(inside) == 3 else None, inside[-1])


def inside(text: str, name: str) -> str | None:
    """Return what the first pair of a tag holds; to the end where it is not closed, None where it is not there."""
    begin = text.find(f"<{name}>")
    if begin < 0:
        return None
    begin += len(name) + 2
    end = text.find(f"</{name}>", begin)
    return text[begin : end if end >= 0 else len(text)].strip()


def _tagged(name: str, text: str) -> str:
    return f"<{name}>\n{text}\n</{name}>" if name == ELEMENTS else f"<{name}>{text}</{name}>"
