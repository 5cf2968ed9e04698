"""What any example must satisfy before it is kept, whoever wrote it; each broken rule is a reason.

Source: paper, appendix C.3 and F.2: at least 50 words of thinking, at most 50 of answer, no leak of where the
knowledge came from, no times of day or timestamps, nothing seen.
"""

import re

from audsem_data.core.descriptors import DESCRIPTORS
from audsem_data.core.outcome import Reason
from audsem_data.llm.answers import Example, count_words

LEAST_THINKING = 50
MOST_ANSWER = 50
CHOICES = 4


class Flaw(Reason):
    """Why a written example is not kept."""

    EMPTY = "empty_text", "the question, the thinking, the answer or a choice is empty"
    SHORT_THINKING = "short_thinking", f"the thinking has fewer than {LEAST_THINKING} words"
    LONG_ANSWER = "long_answer", f"the answer has more than {MOST_ANSWER} words"
    BAD_CHOICES = "bad_choices", "the choices are not four different texts of which the first is the answer"
    BAD_ELEMENTS = "bad_elements", "a semantic descriptor is missing, empty or unknown"
    LEAK = "leak", "the text names fields, scores, units of measurement or models"
    TIMESTAMP = "timestamp", "the text holds a timestamp"
    VISUAL = "visual", "the text speaks of what is seen"


_LEAK = re.compile(
    r"\b(dbfs|lufs|centroid|spectral|flatness|metadata|json|dataset|probability|confidence score|closed caption"
    r"|subtitles?|beats|clap|conette|qwen|[a-z]+_(hz|dbfs|db|s|fraction|count|bpm))\b",
    re.IGNORECASE,
)
_TIMESTAMP = re.compile(r"\b\d+:\d\d\b|\b\d+\.\d+ ?s(econds?)?\b|\bat \d+ seconds?\b", re.IGNORECASE)
_VISUAL = re.compile(r"\b(on screen|in the video|the image|the frame|we see|is seen|can be seen|visible)\b", re.I)


def find_flaw(example: Example, given: str) -> Flaw | None:
    """Return the first rule that an example breaks, or None; `given` is text that it may quote freely."""
    texts = [example.question, example.thinking, example.answer, *(example.choices or ())]
    if not all(text.strip() for text in texts):
        return Flaw.EMPTY
    if count_words(example.thinking) < LEAST_THINKING:
        return Flaw.SHORT_THINKING
    if count_words(example.answer) > MOST_ANSWER:
        return Flaw.LONG_ANSWER
    if example.choices is not None and not _sound_choices(example):
        return Flaw.BAD_CHOICES
    if example.elements is not None and not _sound_elements(example):
        return Flaw.BAD_ELEMENTS
    own = " ".join(texts).lower().replace(given.lower(), "")
    for pattern, flaw in ((_LEAK, Flaw.LEAK), (_TIMESTAMP, Flaw.TIMESTAMP), (_VISUAL, Flaw.VISUAL)):
        if pattern.search(own):
            return flaw
    return None


def _sound_choices(example: Example) -> bool:
    choices = example.choices or ()
    different = {choice.casefold().strip(" .") for choice in choices}
    return len(choices) == len(different) == CHOICES and choices[0] == example.answer


def _sound_elements(example: Example) -> bool:
    elements = example.elements or {}
    return tuple(elements) == DESCRIPTORS and all(
        words and all(word.strip() for word in words) for words in elements.values()
    )
