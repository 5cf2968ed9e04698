"""Rewards at the paper's own numbers, and over whatever a model may write."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audsem_data.train.rewards import accuracy, length, read_choice, rewards_of, tags_in_order, thinking_length
from audsem_data.train.training_text import (
    answer_of,
    completion_of,
    elements_of,
    inside,
    question_of,
    read_sections,
)

ROW: dict[str, Any] = {
    "question": "What is heard?",
    "choices": ["a cat", "a dog", "rain", "a car"],
    "answer_index": 1,
    "answer": "a dog",
    "thinking": "It barks.",
    "semantic_elements": None,
}
FULL = "<think>one\ntwo</think>\n<semantic_elements>\nx: y\n</semantic_elements>\n<answer>B. a dog</answer>"


@pytest.mark.parametrize(
    ("words", "reward"),
    [(9, 0), (10, 0), (15, 0.5), (19, 0.9), (20, 1), (25, 1), (26, 0.4), (28, 0.2), (30, 0), (99, 0)],
)
def test_the_papers_numbers(words: int, reward: float) -> None:
    assert length(words, 25) == pytest.approx(reward)
    assert thinking_length(f"<think>{'w ' * words}</think>", 25) == pytest.approx(reward)


@given(st.integers(0, 400), st.integers(1, 200), st.floats(0.001, 1), st.floats(0, 1))
def test_length_is_bounded_and_falls_away_from_the_target(
    words: int, target: int, alpha: float, delta: float
) -> None:
    here = length(words, target, alpha, delta)
    assert 0 <= here <= 1
    if words > target:
        assert length(words + 1, target, alpha, delta) <= here
    elif words:
        assert length(words - 1, target, alpha, delta) <= here


@pytest.mark.parametrize(
    ("said", "both", "letter", "text"),
    [
        ("B. a dog", 1, 1, 1),
        ("b)  A  DOG.", 1, 1, 1),
        ("(B) a dog", 1, 1, 1),
        ("B", 0, 1, 0),
        ("b.", 0, 1, 0),
        ("a dog", 0, 0, 1),
        ("A dog", 0, 0, 1),  # the article is no letter
        ("A. a dog", 0, 0, 0),
        ("B. a cat", 0, 0, 0),
        ("", 0, 0, 0),
        ("B. a dog or a cat", 0, 0, 0),
    ],
)
def test_answers(said: str, both: float, letter: float, text: float) -> None:
    completion = f"<think>x</think><answer>{said}</answer>"
    answer = answer_of(ROW)
    assert answer == "B. a dog"
    assert accuracy(completion, answer) == both
    assert accuracy(completion, answer, "letter") == letter
    assert accuracy(completion, answer, "text") == text


def test_what_is_not_in_an_answer_answers_nothing() -> None:
    assert accuracy("B. a dog", "B. a dog") == 0
    assert accuracy("<think>B. a dog</think>", "B. a dog") == 0
    assert read_choice("Dogs bark") == ("", "dogs bark")


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        (FULL, 1),
        ("<think>a</think><answer>b</answer>", 1),
        ("  <think></think>\n\n<answer></answer>\n", 1),
        ("<think>\u97f3 \U0001f3b5</think><answer>\u00e9</answer>", 1),
        ("<answer>b</answer><think>a</think>", 0),
        ("<think>a</think>", 0),
        ("<answer>b</answer>", 0),
        ("so: <think>a</think><answer>b</answer>", 0),
        ("<think>a</think>, then <answer>b</answer>", 0),
        ("<think>a</think><answer>b</answer> done", 0),
        ("<think>a<answer>b</answer></think>", 0),
        ("<think>a</think><answer>b<answer>c</answer></answer>", 0),
        ("<think>a</think><think>b</think><answer>c</answer>", 0),
        ("<think>a</think><semantic_elements>b<answer>c</answer>", 0),
        ("<think>a<think><answer>b<answer>", 0),
        ("", 0),
    ],
)
def test_tags(text: str, fits: float) -> None:
    assert tags_in_order(text) == fits


def test_a_hundred_thousand_words_and_unclosed_tags() -> None:
    many = "word " * 100_000
    assert thinking_length(f"<think>{many}</think>", 25) == 0
    assert tags_in_order(f"<think>{many}</think><answer>x</answer>") == 1
    assert tags_in_order("<think>" * 50_000) == 0
    assert inside("<think>never closed", "think") == "never closed"
    assert thinking_length("no tags at all", 25) == 0
    assert thinking_length("<think></think>", 5) == 0


@given(st.text(st.sampled_from(list("<>/thinkaswer_emc \n")), max_size=60))
def test_any_text_gives_rewards_between_none_and_one(text: str) -> None:
    assert tags_in_order(text) in (0, 1)
    assert accuracy(text, "B. a dog") in (0, 1)
    assert 0 <= thinking_length(text, 25) <= 1


def test_texts_of_rows_are_what_rewards_want() -> None:
    completion = completion_of(ROW)
    assert completion == "<think>It barks.</think>\n<answer>B. a dog</answer>"
    assert [f(["x", completion], answer=["B. a dog"] * 2)[1] for f in rewards_of("both", 2, 0.1, 0.5)] == [1, 1, 1]
    chat = [[{"role": "assistant", "content": completion}]]
    assert [f(chat, answer=["B. a dog"]) for f in rewards_of("both", 2, 0.1, 0.5)] == [[1], [1], [1]]
    semantic = {**ROW, "semantic_elements": {"physical_sources": ["a bell", "a door"], "spatial_context": []}}
    sections = read_sections(completion_of(semantic))
    assert sections == ("It barks.", "Physical sources: a bell; a door", "B. a dog")
    assert elements_of(semantic["semantic_elements"]) == "Physical sources: a bell; a door"
    open_ended = {**ROW, "choices": None, "answer_index": None, "question": None}
    assert read_sections(completion_of(open_ended)) == ("It barks.", None, "a dog")


def test_questions() -> None:
    asked = question_of(ROW, words=25)
    assert asked.endswith("What is heard?\nA. a cat\nB. a dog\nC. rain\nD. a car")
    assert "about 25 words" in asked
    assert "semantic_elements" not in asked
    caption = {**ROW, "question": None, "choices": None, "semantic_elements": {"physical_sources": ["x"]}}
    assert question_of(caption).endswith("Describe the sound in detail.")
    assert "<semantic_elements>" in question_of(caption)


def test_all_options_are_asked() -> None:
    """A benchmark's question may have more options than a dataset's four."""
    assert question_of({**ROW, "choices": list("stuvwxyz")}).endswith("G. y\nH. z")
