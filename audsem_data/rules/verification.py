"""Checking what the writer wrote against the evidence alone: whatever was said must be derivable again."""

from audsem_data.llm.answers import NOT_EVIDENT, Example, Task
from audsem_data.rules.choices import EVENTS_OPTIONS, TREND_OPTIONS, length_text
from audsem_data.rules.composing import NEUTRAL
from audsem_data.rules.statements import Acoustics, Statement, spoken, statements


def unsupported(example: Example, task: Task, caption: str, acoustics: Acoustics | None) -> list[str]:
    """Return the texts of an example that the evidence does not support; empty when all is well.

    What a piece of fiction tells is exempt, what its thinking asserts is not.
    """
    known = statements(caption, acoustics)
    said = {sentence for statement in known.values() for sentence in statement.sentences} | NEUTRAL
    found = [_residue(example.thinking, said)]
    if task in ("captioning", "open_qa"):
        clauses = {clause for statement in known.values() for clause in statement.clauses}
        found.append(_residue(example.answer, said | clauses | {_subject(caption)}))
    if task == "mc_qa" and example.answer not in _right_options(caption, known):
        found.append(example.answer)
    phrases = {phrase for statement in known.values() for phrase in statement.elements.values()}
    for words in (example.elements or {}).values():
        found += [word for word in words if word not in phrases | {NOT_EVIDENT}]
    found += [fact.column for fact in example.facts if not _holds(fact.column, fact.value, known)]
    return [text for text in (text.strip() for text in found) if text]


def _residue(text: str, allowed: set[str] | frozenset[str]) -> str:
    """Return what is left of a text when everything allowed is taken out, the longest first."""
    for sentence in sorted(allowed, key=len, reverse=True):
        text = text.replace(sentence, "")
    return " ".join(text.replace(",", " ").replace(" and ", " ").replace(".", " ").split())


def _subject(caption: str) -> str:
    name = spoken(caption)
    return name[:1].upper() + name[1:]


def _right_options(caption: str, known: dict[str, Statement]) -> set[str]:
    right = {_subject(caption)}
    if "trend" in known:
        right.add(TREND_OPTIONS[known["trend"].value])
    if "events" in known:
        count = int(known["events"].value)
        right |= {text for (low, high), text in EVENTS_OPTIONS.items() if low <= count < high}
    if "duration" in known:
        right.add(length_text(round(float(known["duration"].value))))
    return right


def _holds(column: str, value: str, known: dict[str, Statement]) -> bool:
    return any(statement.column == column and statement.value == value for statement in known.values())
