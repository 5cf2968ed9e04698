"""Putting statements together: wordings chosen by hash, thinking of at least fifty words, facts beside it."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import TypeVar

from audsem_data.core.descriptors import DESCRIPTORS
from audsem_data.llm.answers import NOT_EVIDENT, Fact, count_words
from audsem_data.llm.flaws import LEAST_THINKING
from audsem_data.rules.statements import Statement

T = TypeVar("T")

# Sentences that assert nothing of the sound; only these may stand beside statements.
OPENINGS = (
    "Let me listen to the whole of it first, before I settle on anything.",
    "I start by asking what could be making this sound.",
    "First I take in the sound as a whole and only then its details.",
    "Before answering, I want to go through what can be heard, step by step.",
)
TURNS = (
    "Next, how does it behave over time?",
    "What else can I tell by ear?",
    "Then there is the way it unfolds.",
    "Now for its character.",
    "That leaves the question of how it is shaped.",
)
FILLERS = (
    "I would rather say less than claim something that the sound itself does not support.",
    "Anything beyond that would be a guess, so I leave it out.",
    "None of this depends on knowing where or when it was recorded.",
    "I go over it once more to be sure that these impressions hold together.",
)
CLOSINGS = {
    "captioning": (
        "One sentence should be enough: the sound first, then how it behaves.",
        "So I will name the sound and add what marks it out.",
        "The description can now name the sound and its most telling traits.",
    ),
    "mc_qa": (
        "With that in mind, only one of the options fits.",
        "Holding the options against this, one of them remains.",
        "That settles which option is the right one.",
    ),
    "open_qa": (
        "That is enough for a short answer.",
        "So the answer can stay close to what is heard.",
        "I can answer the question from this.",
    ),
    "creative_writing": (
        "A short scene can grow out of that, with this sound at its centre.",
        "I will let the scene turn on the sound and keep it brief.",
        "The piece should begin and end with what is heard.",
    ),
}
NEUTRAL = frozenset((*OPENINGS, *TURNS, *FILLERS, *(line for lines in CLOSINGS.values() for line in lines)))


class Composer:
    """Chooses among wordings by a hash of its seed, and notes the fact behind every one that it uses."""

    def __init__(self, seed: str, known: Mapping[str, Statement]) -> None:
        self.known = known
        self.facts: list[Fact] = []
        self._seed = seed

    def choose(self, options: Sequence[T], about: str) -> T:
        """Return one of the options, always the same for the same seed and subject."""
        digest = hashlib.sha256(f"{self._seed}:{about}".encode()).digest()
        return options[int.from_bytes(digest[:8], "big") % len(options)]

    def shuffled(self, options: Sequence[T], about: str) -> list[T]:
        """Return the options in an order that depends only on seed and subject."""
        order = {i: hashlib.sha256(f"{self._seed}:{about}:{i}".encode()).digest() for i in range(len(options))}
        return [options[i] for i in sorted(order, key=order.__getitem__)]

    def say(self, rule: str, about: str = "") -> str:
        """Return a sentence of a statement."""
        statement = self.known[rule]
        return self._note(self.choose(statement.sentences, f"{rule}:{about}"), statement)

    def clause(self, rule: str, about: str = "") -> str:
        """Return a clause of a statement."""
        statement = self.known[rule]
        return self._note(self.choose(statement.clauses, f"{rule}:{about}"), statement)

    def thinking(self, task: str, first: Sequence[str]) -> str:
        """Return the reasoning: what is heard, then the statements, those of `first` before the others."""
        rest = [rule for rule in self.known if rule not in (*first, "heard", "kind")]
        order = [*(rule for rule in first if rule in self.known), *self.shuffled(rest, "order")]
        lines = [self.choose(OPENINGS, "opening"), self.say("heard", "thinking")]
        lines += [self.say("kind", "thinking")] if "kind" in self.known else []
        lines.append(self.choose(TURNS, "turn"))
        closing = self.choose(CLOSINGS[task], "closing")
        for place, rule in enumerate(order):
            if place >= 4 and count_words(" ".join([*lines, closing])) > LEAST_THINKING + 5:
                break
            lines.append(self.say(rule, "thinking"))
        for filler in self.shuffled(FILLERS, "filler"):
            if count_words(" ".join([*lines, closing])) >= LEAST_THINKING + 2:
                break
            lines.append(filler)
        return " ".join([*lines, closing])

    def elements(self) -> dict[str, list[str]]:
        """Return the nine descriptors; what nothing is known of is `not evident`."""
        found: dict[str, list[str]] = {name: [] for name in DESCRIPTORS}
        for statement in self.known.values():
            for name, phrase in statement.elements.items():
                if phrase not in found[name]:
                    found[name].append(self._note(phrase, statement))
        return {name: phrases or [NOT_EVIDENT] for name, phrases in found.items()}

    def quote(self, text: str) -> str:
        """Return text that holds the caption, having noted that it does."""
        return self._note(text, self.known["heard"])

    def _note(self, text: str, statement: Statement) -> str:
        fact = Fact(text, statement.column, statement.value)
        if fact not in self.facts:
            self.facts.append(fact)
        return text
