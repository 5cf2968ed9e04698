"""Scoring multiple choice as MMAU does: predictions against answers by their words, and where each was lost.

The public rule: a prediction is right where all words of the answer are in it, and no word of another option that
the answer does not have. The letter of a prediction is a word too: of "A. guitar" it is "a", which another option
may hold as an article, and a right answer is lost. So a letter before the very option that it stands for is taken
off; `letters_kept` scores as the public script does.
Source: Sakshi et al., MMAU, 2024, and its public evaluation script; paper, Table 3.
"""

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from audsem_data.core.errors import InputError
from audsem_data.train.training_text import ANSWER, inside

_WORD = re.compile(r"\b\w+\b")
_LETTERED = re.compile(r"\(?([A-Z])[.:)]+\s*(\S.*)", re.DOTALL | re.IGNORECASE)
GROUPS = ("task", "difficulty", "sub-category")


@dataclass
class Count:
    """How many questions there are, have a prediction, and are right."""

    asked: int = 0
    predicted: int = 0
    right: int = 0

    @property
    def accuracy(self) -> float:
        """The share of all questions; one without a prediction is wrong."""
        return self.right / self.asked if self.asked else 0.0

    @property
    def of_predicted(self) -> float:
        """The share of those that have a prediction, as the authors' code counts."""
        return self.right / self.predicted if self.predicted else 0.0


@dataclass
class Scores:
    """The counts of a run, in all and by each group."""

    total: Count = field(default_factory=Count)
    groups: dict[str, dict[str, Count]] = field(
        default_factory=lambda: {name: defaultdict(Count) for name in GROUPS}
    )

    def markdown(self, name: str) -> str:
        """Return a table: all questions, then by task, difficulty and sub-category."""
        header = ["| group | questions | predicted | accuracy | of predicted |", "| --- | --- | --- | --- | --- |"]
        rows = [("all", self.total)]
        rows += [
            (f"{group}: {value}", held) for group in GROUPS for value, held in sorted(self.groups[group].items())
        ]
        table = [
            f"| {label} | {one.asked} | {one.predicted} | {one.accuracy:.2%} | {one.of_predicted:.2%} |"
            for label, one in rows
        ]
        return "\n".join([f"# {name}", "", *header, *table, ""])

    def json(self) -> dict[str, Any]:
        """Return the same for a program."""
        return {
            "all": {**vars(self.total), "accuracy": self.total.accuracy},
            **{
                group: {value: vars(held) for value, held in sorted(self.groups[group].items())} for group in GROUPS
            },
        }


def score(
    questions: Sequence[Mapping[str, Any]], predictions: Mapping[str, str], *, letters_kept: bool = False
) -> Scores:
    """Return how predictions do; one that is not there, or empty, is wrong.

    Args:
        questions: items of MMAU: id, answer, choices, task, difficulty, sub-category.
        predictions: what a model wrote, by id; of a text with tags, the answer counts.
        letters_kept: leave the letters of predictions on, as the public script does.
    """
    scores = Scores()
    for question in questions:
        said = predictions.get(str(question["id"]), "")
        given = (inside(said, ANSWER) or "") if f"<{ANSWER}>" in said else said
        given = given if letters_kept else without_letter(given, question["choices"])
        right = is_right(given, question["answer"], question["choices"])
        for count in (scores.total, *(scores.groups[one][str(question.get(one, "unknown"))] for one in GROUPS)):
            count.asked += 1
            count.predicted += bool(said.strip())
            count.right += right
    return scores


def is_right(prediction: str, answer: str, choices: Sequence[str]) -> bool:
    """Return whether a prediction gives the answer and no other option, by the public rule."""
    wanted, said = _words(answer), _words(prediction)
    others = set[str]().union(*map(_words, choices)) - wanted
    return bool(wanted) and wanted <= said and not said & others


def without_letter(prediction: str, choices: Sequence[str]) -> str:
    """Return a prediction without the letter of the option that follows it; any other stays as it is."""
    if found := _LETTERED.fullmatch(prediction.strip()):
        place = ord(found[1].upper()) - ord("A")
        if place < len(choices) and _words(choices[place]) <= _words(found[2]):
            return found[2]
    return prediction


def load_questions(path: Path) -> list[dict[str, Any]]:
    """Return the items of MMAU's file; raises InputError that names the item at fault."""
    items = _read(path)
    if not isinstance(items, list):
        raise InputError(f"{path} is no list of questions")
    for number, item in enumerate(items):
        if lacking := {"id", "answer", "choices"} - (item.keys() if isinstance(item, dict) else set()):
            raise InputError(f"{path}, item {number}: {', '.join(sorted(lacking))} is missing")
    return items


def load_predictions(path: Path) -> dict[str, str]:
    """Return predictions by id, of a list of {id, prediction}, JSON lines or one object; raises InputError."""
    held = _read(path)
    rows = held if isinstance(held, list) else [{"id": key, "prediction": value} for key, value in held.items()]
    found: dict[str, str] = {}
    for number, row in enumerate(rows):
        said = row.get("prediction", row.get("model_prediction")) if isinstance(row, dict) else None
        if not isinstance(said, str) or "id" not in row:
            raise InputError(f"{path}, item {number}: expected an id and a prediction")
        if str(row["id"]) in found:
            raise InputError(f"{path}, item {number}: {row['id']} is predicted twice")
        found[str(row["id"])] = said
    return found


def _read(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".jsonl":
            return [json.loads(line) for line in text.splitlines() if line.strip()]
        return json.loads(text)
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.lower()))
