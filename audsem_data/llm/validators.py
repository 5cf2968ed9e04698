"""What any example must satisfy before it is kept, whoever wrote it; each broken rule is a reason.

Source: paper, appendix C.3 and F.2: at least 50 words of thinking, at most 50 of answer, no leak of where the
knowledge came from, no timestamps, nothing seen, no spoken words.
"""

import re
from collections.abc import Sequence

from audsem_data.core.descriptors import DESCRIPTORS
from audsem_data.llm.answers import Example, Task, count_words
from audsem_data.llm.flaws import LEAST_THINKING, MOST_ANSWER, Flaw
from audsem_data.llm.schemas import LEAST_ITEMS, MOST_ITEMS
from audsem_data.llm.wording import asks_yes_or_no, forbidden, goes_in_circles, meaning, says_nothing, spoken_words

Found = tuple[Flaw, str]

_CHOICES = 4
_LETTERED = re.compile(r"^\(?[A-Da-d1-4][.):]\s")
_OF_OTHERS = re.compile(
    r"\b(?:all|none|both|neither|any|either) of (?:the|these|them)\b|\b(?:all|none) above\b", re.IGNORECASE
)


def find_set_flaw(examples: Sequence[Example], task: Task, given: str) -> Found | None:
    """Return the first rule that the examples of one answer break, and the words that break it; or None."""
    asked = {meaning(example.question) for example in examples}
    if task in ("mc_qa", "open_qa") and not LEAST_ITEMS <= len(asked) == len(examples) <= MOST_ITEMS:
        return Flaw.ITEM_COUNT, f"{len(examples)} items, {len(asked)} different questions"
    for example in examples:
        if found := find_flaw(example, given, open_question=task in ("mc_qa", "open_qa")):
            return found
    return None


def find_flaw(example: Example, given: str, *, open_question: bool = False) -> Found | None:
    """Return the first rule that an example breaks, and the words that break it; or None.

    Args:
        example: what was written.
        given: text that it may quote freely: the caption.
        open_question: whether its question must need more than yes or no.
    """
    texts = _texts(example)
    for text in texts:
        if says_nothing(text):
            return Flaw.EMPTY, text
    if open_question and asks_yes_or_no(example.question):
        return Flaw.YES_NO, example.question
    if found := _lengths(example) or _bad_choices(example) or _bad_elements(example):
        return found
    own = _without(given, texts)
    for text in own:
        if loop := goes_in_circles(text):
            return Flaw.REPEATS, loop
        if speech := spoken_words(text):
            return Flaw.SPEECH, speech
    return next(forbidden(own), None)


def _without(given: str, texts: Sequence[str]) -> Sequence[str]:
    """Return the texts without what they may quote."""
    if not given:
        return texts
    quotable = re.compile(re.escape(given), re.IGNORECASE)
    return [quotable.sub("", text) for text in texts]


def _texts(example: Example) -> list[str]:
    phrases = [phrase for listed in (example.elements or {}).values() for phrase in listed]
    return [example.question, example.thinking, example.answer, *(example.choices or ()), *phrases]


def _lengths(example: Example) -> Found | None:
    if (words := count_words(example.thinking)) < LEAST_THINKING:
        return Flaw.SHORT_THINKING, f"{words} words"
    if (words := count_words(example.answer)) > MOST_ANSWER:
        return Flaw.LONG_ANSWER, f"{words} words"
    return None


def _bad_choices(example: Example) -> Found | None:
    if example.choices is None:
        return None
    choices = list(example.choices)
    if len(choices) != _CHOICES:
        return Flaw.BAD_CHOICES, f"{len(choices)} choices"
    for choice in choices:
        if _LETTERED.search(choice) or _OF_OTHERS.search(choice):
            return Flaw.BAD_CHOICES, choice
    if len({meaning(choice) for choice in choices}) < _CHOICES:
        return Flaw.BAD_CHOICES, "two mean the same: " + " / ".join(choices)
    if choices[0] != example.answer:
        return Flaw.BAD_CHOICES, f"the answer is none of them: {example.answer}"
    return None


def _bad_elements(example: Example) -> Found | None:
    if example.elements is None:
        return None
    if tuple(example.elements) != DESCRIPTORS:
        return Flaw.BAD_ELEMENTS, ", ".join(example.elements)
    empty = [name for name, phrases in example.elements.items() if not phrases]
    return (Flaw.BAD_ELEMENTS, f"{empty[0]} is empty") if empty else None
