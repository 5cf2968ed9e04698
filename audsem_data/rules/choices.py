"""Multiple choice: what is heard, and what was measured where the measure is decisive.

Wrong options for what is heard come from classes of sounds to which no word of the caption belongs; for a
caption of no known class, from phrases that share no beginning of a word with it.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from audsem_data.rules.composing import Composer
from audsem_data.rules.sound_classes import matching_classes, sound_classes
from audsem_data.rules.statements import Statement, spoken

HEARD_QUESTIONS = (
    "Which of these sounds is heard?",
    "Which option names the sound in the recording?",
    "What can be heard here?",
)
TREND_QUESTION = "How does the level of the sound change?"
TREND_OPTIONS = {
    "rising": "It grows louder over time.",
    "falling": "It fades over time.",
    "steady": "It keeps an even level.",
    "varying": "It keeps rising and sinking.",
}
EVENTS_QUESTION = "How many clear attacks stand out in the sound?"
EVENTS_OPTIONS = {
    (0, 1): "Not a single one",
    (1, 2): "Exactly one",
    (2, 5): "A few",
    (8, 10**9): "Many, one after another",
}
LENGTH_QUESTION = "About how long does the sound last?"
LENGTHS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
APART = 3  # seconds between two lengths that are offered, so that only one can be right

Item = tuple[str, str, Sequence[str], Sequence[str]]


def choice_items(known: Mapping[str, Statement]) -> Iterator[Callable[[Composer], Item]]:
    """Yield two to three items: what is heard, then the most telling measures."""
    yield _heard
    others = [
        maker for rule, maker in (("trend", _trend), ("events", _events), ("duration", _length)) if rule in known
    ]
    yield from others[:2]


def _heard(composer: Composer) -> Item:
    name = spoken(composer.known["heard"].value)
    right = composer.quote(name[:1].upper() + name[1:])
    wrong = [phrase[:1].upper() + phrase[1:] for phrase in distractors(composer, name)]
    return composer.choose(HEARD_QUESTIONS, "question"), right, [right, *wrong], ("trend",)


def distractors(composer: Composer, caption: str) -> list[str]:
    """Return three phrases, of three classes, for sounds that the caption cannot mean."""
    own = {kind.name for kind in matching_classes(caption)}
    stems = _stems(caption)
    found = []
    for kind in composer.shuffled([kind for kind in sound_classes() if kind.name not in own], "classes"):
        fitting = [
            phrase
            for phrase in kind.examples
            if not stems & _stems(phrase) and not own & {other.name for other in matching_classes(phrase)}
        ]
        if fitting:
            found.append(composer.choose(fitting, kind.name))
    return found[:3]


def _stems(text: str) -> set[str]:
    return {word[:4] for word in re.findall(r"[a-z]{4,}", text.lower())}


def _trend(composer: Composer) -> Item:
    return _measured(composer, "trend", TREND_QUESTION, TREND_OPTIONS[composer.known["trend"].value], TREND_OPTIONS)


def _events(composer: Composer) -> Item:
    count = int(composer.known["events"].value)
    right = next(text for (low, high), text in EVENTS_OPTIONS.items() if low <= count < high)
    return _measured(composer, "events", EVENTS_QUESTION, right, EVENTS_OPTIONS)


def _measured(composer: Composer, rule: str, question: str, right: str, options: Mapping[Any, str]) -> Item:
    composer.say(rule, "option")  # the fact that the option rests on
    return question, right, [right, *(text for text in options.values() if text != right)], (rule,)


def _length(composer: Composer) -> Item:
    seconds = round(float(composer.known["duration"].value))
    composer.say("duration", "option")
    far = [n for n in range(2, len(LENGTHS) + 2) if abs(n - seconds) >= APART and (n - seconds) % APART == 0]
    wrong = [*far, *range(20, 60, 10)][:3]
    return LENGTH_QUESTION, length_text(seconds), [length_text(n) for n in (seconds, *wrong)], ("duration",)


def length_text(seconds: int) -> str:
    """Return a length as an option says it."""
    named = LENGTHS[seconds - 2] if 2 <= seconds < len(LENGTHS) + 2 else str(seconds)
    return f"About {named} seconds"
