from collections import Counter

import pytest

from audsem_data.core.errors import StageError
from audsem_data.publish.letters import assign_letters, render_options, shuffle_choices

CHOICES = ["rain falling", "a dog", "a bell", "an engine"]


@pytest.mark.parametrize("count", [0, 1, 4, 5, 39, 400])
def test_letters_of_a_group_are_balanced_to_one(count: int) -> None:
    letters = assign_letters(f"clip_{n}" for n in range(count))
    counts = Counter(letters.values())
    assert sum(counts.values()) == count
    assert not count or max(counts.values()) - min(counts.get(index, 0) for index in range(4)) <= 1


def test_letters_do_not_depend_on_the_order_of_the_examples_and_are_not_periodic() -> None:
    keys = [f"clip_{n:03d}" for n in range(64)]
    letters = assign_letters(keys)
    assert letters == assign_letters(reversed(keys))
    assert len({tuple(letters[key] for key in keys[n : n + 4]) for n in range(0, 64, 4)}) > 8


@pytest.mark.parametrize("index", range(4))
def test_the_right_option_lands_on_its_letter_and_none_is_lost(index: int) -> None:
    shuffled = shuffle_choices("clip", CHOICES, index)
    assert shuffled[index] == "rain falling"
    assert sorted(shuffled) == sorted(CHOICES)


def test_wrong_options_do_not_keep_their_order() -> None:
    assert len({tuple(shuffle_choices(f"clip_{n}", CHOICES, 0)) for n in range(50)}) == 6


@pytest.mark.parametrize("choices", [CHOICES[:3], [*CHOICES[:3], "a dog"]], ids=["three", "twice the same"])
def test_other_than_four_different_options_are_refused(choices: list[str]) -> None:
    with pytest.raises(StageError, match="four different"):
        shuffle_choices("clip", choices, 0)


def test_options_as_a_reader_sees_them() -> None:
    assert render_options(CHOICES) == "A. rain falling\nB. a dog\nC. a bell\nD. an engine"
