"""Scores of MMAU: the public rule, what letters do to it, and predictions of every kind."""

import json
from pathlib import Path
from typing import Any

import pytest

from audsem_data.core.errors import InputError
from audsem_data.train.mmau import is_right, load_predictions, load_questions, score, without_letter

SHARED = Path(__file__).resolve().parents[3] / "shared" / "lists" / "mmau-test-mini.json"
_TOLD = ("id", "answer", "choices", "task", "difficulty", "sub-category")
ITEMS: list[dict[str, Any]] = [
    dict(zip(_TOLD, told, strict=True))
    for told in (
        ("1", "Man", ["Man", "Woman"], "speech", "easy", "x"),
        ("2", "Guitar", ["Guitar", "A drum"], "music", "hard", "y"),
        ("3", "a dog", ["a cat", "a dog"], "sound", "easy", "x"),
    )
]
LETTERS = "ABCDEFGHIJ"


def public(prediction: str, answer: str, choices: list[str]) -> bool:
    """Judge as the benchmark's script is described: sets of lower-case words."""
    import re

    words = [set(re.findall(r"\b\w+\b", text.lower())) for text in (prediction, answer)]
    wrong = {word for one in choices for word in re.findall(r"\b\w+\b", one.lower())} - words[1]
    return words[1] <= words[0] and not (words[0] & wrong)


def questions() -> list[dict[str, Any]]:
    return load_questions(SHARED) if SHARED.is_file() else ITEMS


def lettered(item: dict[str, Any], answer: str) -> str:
    return f"{LETTERS[item['choices'].index(answer)]}. {answer}"


def test_a_perfect_and_an_empty_run() -> None:
    items = questions()
    perfect = score(items, {item["id"]: lettered(item, item["answer"]) for item in items})
    by_rule = sum(public(item["answer"], item["answer"], item["choices"]) for item in items)
    assert perfect.total.right == by_rule  # an option whose words another option has too can never be right
    assert by_rule >= 0.97 * len(items)
    empty = score(items, {})
    assert (empty.total.asked, empty.total.predicted, empty.total.right) == (len(items), 0, 0)
    assert empty.total.of_predicted == 0


def test_groups_add_up() -> None:
    scores = score(questions(), {item["id"]: item["answer"] for item in questions()})
    for held in scores.groups.values():
        assert sum(one.asked for one in held.values()) == scores.total.asked
        assert sum(one.right for one in held.values()) == scores.total.right
    table = scores.markdown("m")
    assert table.count("\n|") == 2 + 1 + sum(len(held) for held in scores.groups.values())


def test_it_is_the_public_rule() -> None:
    for item in questions():
        for said in (item["answer"], *item["choices"], "", " ".join(item["choices"]), f"It is {item['answer']}!"):
            assert is_right(said, item["answer"], item["choices"]) == public(said, item["answer"], item["choices"])


def test_a_letter_is_a_word_where_it_is_left_on() -> None:
    item = ITEMS[1]
    said = {item["id"]: "A. Guitar"}
    assert score([item], said, letters_kept=True).total.right == 0  # "a" is a word of "A drum"
    assert score([item], said).total.right == 1


@pytest.mark.parametrize(
    ("said", "bare"),
    [
        ("A. Guitar", "Guitar"),
        ("(a) guitar", "guitar"),
        ("B. Guitar", "B. Guitar"),  # the letter of another option stays
        ("F. Scott Fitzgerald", "F. Scott Fitzgerald"),
        ("Guitar", "Guitar"),
        ("A", "A"),
    ],
)
def test_only_an_options_own_letter_is_taken_off(said: str, bare: str) -> None:
    assert without_letter(said, ["Guitar", "A drum"]) == bare


def test_wrong_letters_long_answers_and_traps_score_as_they_should() -> None:
    items = questions()

    def right(write: Any) -> int:
        return score(items, {item["id"]: write(item) for item in items}).total.right

    assert right(lambda item: " ".join(item["choices"])) <= 0.03 * len(items)  # every option at once
    assert right(lambda item: "A B C D") <= 0.02 * len(items)
    tagged = right(lambda item: f"<think>{' '.join(item['choices'])}</think><answer>{item['answer']}</answer>")
    assert tagged == right(lambda item: item["answer"])
    assert right(lambda item: next(c for c in item["choices"] if c != item["answer"])) <= 0.01 * len(items)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[{}]", "item 0: expected an id and a prediction"),
        ('[{"id": 1, "prediction": 3}]', "item 0"),
        ('[{"id": 1, "prediction": "a"}, {"id": 1, "prediction": "b"}]', "predicted twice"),
        ("{", "cannot be read"),
    ],
)
def test_predictions_that_cannot_be_read(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "p.json").write_text(text)
    with pytest.raises(InputError, match=said):
        load_predictions(tmp_path / "p.json")


def test_forms_of_predictions(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"1": "x"}))
    (tmp_path / "b.jsonl").write_text('{"id": 1, "prediction": "x"}\n\n')
    (tmp_path / "c.json").write_text('[{"id": "1", "model_prediction": "x"}]')
    assert [load_predictions(tmp_path / name) for name in ("a.json", "b.jsonl", "c.json")] == [{"1": "x"}] * 3
    (tmp_path / "q.json").write_text('[{"id": 1}]')
    with pytest.raises(InputError, match="answer, choices is missing"):
        load_questions(tmp_path / "q.json")
