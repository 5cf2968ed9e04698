"""The four tasks, written from statements: captions, multiple choice, open questions, short pieces of fiction."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from audsem_data.llm.answers import Example, Task, Variant
from audsem_data.rules.choices import choice_items
from audsem_data.rules.composing import Composer
from audsem_data.rules.fiction import PROMPTS, piece
from audsem_data.rules.statements import Acoustics, Statement, spoken, statements

CAPTION_QUESTIONS = (
    "Describe the sound in one sentence.",
    "Put this recording into one sentence.",
    "What does this recording sound like? Answer in a single sentence.",
)
SOURCE_QUESTIONS = (
    "What is heard in this recording?",
    "Which sound does the recording hold?",
    "What is the main sound here?",
)
TIME_QUESTIONS = (
    "How does the sound develop over time?",
    "How is the sound spread over the recording?",
    "What happens to the sound from beginning to end?",
)
CHARACTER_QUESTIONS = (
    "What is the character of the sound?",
    "How would you describe the quality of the sound?",
    "What does the sound itself feel like to the ear?",
)
TIME_RULES = ("trend", "pauses", "events", "beat")
CHARACTER_RULES = ("brightness", "pitch", "noise", "loudness", "peaks")


def write(task: Task, variant: Variant, seed: str, caption: str, acoustics: Acoustics | None) -> list[Example]:
    """Return the examples of one clip for one task and variant: one, or two to three questions.

    `seed` chooses among wordings; it names the clip, so that clips with the same caption differ.
    """
    known = statements(caption, acoustics)
    return [
        _example(Composer(f"{seed}:{task}:{variant}:{number}", known), task, variant, make)
        for number, make in enumerate(_ITEMS[task](known))
    ]


# Writes a question, an answer and choices, and says which statements the thinking should come to first.
Item = Callable[[Composer], tuple[str, str, Sequence[str] | None, Sequence[str]]]


def _example(composer: Composer, task: Task, variant: Variant, item: Item) -> Example:
    question, answer, choices, first = item(composer)
    thinking = composer.thinking(task, first)
    elements = composer.elements() if variant == "semantic" else None
    return Example(question, thinking, answer, choices, elements, tuple(composer.facts))


def _captioning(known: Mapping[str, Statement]) -> Iterator[Item]:
    yield _caption


def _caption(composer: Composer) -> tuple[str, str, None, Sequence[str]]:
    told = [rule for rule in (*TIME_RULES, *CHARACTER_RULES) if rule in composer.known]
    told = [rule for rule in told if composer.known[rule].clauses]
    over_time = [rule for rule in composer.shuffled(told, "told") if rule in TIME_RULES][:1]
    character = [rule for rule in composer.shuffled(told, "told") if rule in CHARACTER_RULES][:2]
    name = spoken(composer.known["heard"].value)
    subject = composer.quote(name[:1].upper() + name[1:])
    clauses = [composer.clause(rule, "answer") for rule in (*over_time, *character)]
    listed = " and ".join([", ".join(clauses[:-1]), clauses[-1]]) if len(clauses) > 1 else "".join(clauses)
    answer = f"{subject}, {listed}." if listed else f"{subject}."
    return composer.choose(CAPTION_QUESTIONS, "question"), answer, None, (*over_time, *character)


def _mc_qa(known: Mapping[str, Statement]) -> Iterator[Item]:
    yield from choice_items(known)


def _open_qa(known: Mapping[str, Statement]) -> Iterator[Item]:
    yield _source
    for questions, rules in ((TIME_QUESTIONS, TIME_RULES), (CHARACTER_QUESTIONS, CHARACTER_RULES)):
        told = [rule for rule in rules if rule in known]
        if told:
            yield _told(questions, told)


def _source(composer: Composer) -> tuple[str, str, None, Sequence[str]]:
    lines = [composer.say("heard", "answer")]
    if "kind" in composer.known:
        lines.append(composer.say("kind", "answer"))
    return composer.choose(SOURCE_QUESTIONS, "question"), " ".join(lines), None, ("duration",)


def _told(questions: Sequence[str], rules: Sequence[str]) -> Item:
    def item(composer: Composer) -> tuple[str, str, None, Sequence[str]]:
        chosen = composer.shuffled(rules, "answer")[:3]
        answer = " ".join(composer.say(rule, "answer") for rule in chosen)
        return composer.choose(questions, "question"), answer, None, chosen

    return item


def _creative_writing(known: Mapping[str, Statement]) -> Iterator[Item]:
    yield _piece


def _piece(composer: Composer) -> tuple[str, str, None, Sequence[str]]:
    trend = composer.known.get("trend")
    text = piece(composer, spoken(composer.known["heard"].value), trend.value if trend else None)
    return composer.choose(PROMPTS, "question"), text, None, ("trend",)


_ITEMS: Mapping[str, Callable[[Mapping[str, Statement]], Iterator[Item]]] = {
    "captioning": _captioning,
    "mc_qa": _mc_qa,
    "open_qa": _open_qa,
    "creative_writing": _creative_writing,
}
