"""Rewards of a completion: is the answer right, are the tags in order, is the thinking of the wanted length?

Source: paper, section 4.2 and appendix D (Equation 1).
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

from audsem_data.train.training_text import ANSWER, THINK, inside, read_sections

Match = Literal["both", "letter", "text"]
Reward = Callable[..., list[float]]

_CHOICE = re.compile(r"\(?([A-D])(?:[.:)]+\s*|\s*$)(.*)", re.DOTALL | re.IGNORECASE)


class Choice(NamedTuple):
    """An answer to multiple choice: its letter, upper case, empty where none is given; and its text."""

    letter: str
    text: str


def read_choice(answer: str) -> Choice:
    """Return the letter and the text of an answer, whatever its case and spacing: `b)  A Dog.` is B, `a dog`."""
    answer = answer.strip()
    found = _CHOICE.fullmatch(answer)
    return Choice(found[1].upper(), _plain(found[2])) if found else Choice("", _plain(answer))


def accuracy(completion: str, answer: str, match: Match = "both") -> float:
    """Return 1 where the completion gives the answer, else 0.

    Args:
        completion: with an <answer>; what has none answers nothing.
        answer: the right one, `B. a dog`.
        match: what must be right: letter and text, or one of them. Where one of them is asked, the other may be
            left out, and must not be wrong.
    """
    said = inside(completion, ANSWER)
    if said is None:
        return 0.0
    given, right = read_choice(said), read_choice(answer)
    letter, text = given.letter == right.letter, given.text == right.text
    if match == "letter":
        return float(letter and (text or not given.text))
    if match == "text":
        return float(text and (letter or not given.letter))
    return float(letter and text)


def tags_in_order(completion: str) -> float:
    """Return 1 where all tags are there, in order, closed, and hold all of the text; else 0."""
    return float(read_sections(completion) is not None)


def length(words: int, target: int, alpha: float = 0.1, delta: float = 0.5) -> float:
    """Return Equation 1: 1 near the target length, less for each word that is missing or too much, 0 to 1.

    Args:
        words: of the thinking.
        target: how many are wanted.
        alpha: what a word costs.
        delta: how much is forgiven.
    """
    slack = alpha * (target - words) + delta if words > target else 1 - alpha * (target - words) + delta
    return min(1.0, max(0.0, slack))


def thinking_length(completion: str, target: int, alpha: float = 0.1, delta: float = 0.5) -> float:
    """Return the length reward of a completion; 0 where nothing was thought."""
    thinking = inside(completion, THINK)
    words = len(thinking.split()) if thinking else 0
    return length(words, target, alpha, delta) if words else 0.0


def rewards_of(match: Match, target: int, alpha: float, delta: float) -> list[Reward]:
    """Return accuracy, format and length as TRL calls them: `reward(completions, answer=..., ...)`."""

    def accuracy_reward(completions: Sequence[Any], answer: Sequence[str], **_: Any) -> list[float]:
        return [accuracy(_text(one), right, match) for one, right in zip(completions, answer, strict=True)]

    def format_reward(completions: Sequence[Any], **_: Any) -> list[float]:
        return [tags_in_order(_text(one)) for one in completions]

    def length_reward(completions: Sequence[Any], **_: Any) -> list[float]:
        return [thinking_length(_text(one), target, alpha, delta) for one in completions]

    return [accuracy_reward, format_reward, length_reward]


def _text(completion: Any) -> str:
    """Return the text of a completion, plain or in the form of a conversation."""
    return completion if isinstance(completion, str) else str(completion[-1]["content"])


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).strip(" .!?")
