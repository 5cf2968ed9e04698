"""Each rule that an example must keep, broken once."""

from dataclasses import replace

import pytest

from audsem_data.core.descriptors import DESCRIPTORS
from audsem_data.llm.answers import Example, render_training_text
from audsem_data.llm.flaws import Flaw
from audsem_data.llm.validators import find_flaw

THINKING = (
    "Well, let me listen closely. Something patters without a pause, soft and dense, and it could be applause. "
    "Hmm, but hands would have gaps and swells, and this goes on evenly, with many tiny drops on something hard. "
    "Perhaps it is water on a roof, and nothing else comes in between, so I settle on that."
)
GOOD = Example(
    "What is heard?", THINKING, "Rain", ("Rain", "Wind", "Fire", "Music"), {n: ["rain"] for n in DESCRIPTORS}
)


def test_a_good_example_has_no_flaw() -> None:
    assert find_flaw(GOOD, "rain") is None


@pytest.mark.parametrize(
    ("changes", "flaw"),
    [
        ({"question": " "}, Flaw.EMPTY),
        ({"thinking": "Too short."}, Flaw.SHORT_THINKING),
        ({"answer": "rain " * 51}, Flaw.LONG_ANSWER),
        ({"choices": ("Rain", "Wind", "Fire")}, Flaw.BAD_CHOICES),
        ({"choices": ("Rain", "rain.", "Fire", "Music")}, Flaw.BAD_CHOICES),
        ({"choices": ("Wind", "Rain", "Fire", "Music")}, Flaw.BAD_CHOICES),
        ({"elements": {n: [] for n in DESCRIPTORS}}, Flaw.BAD_ELEMENTS),
        ({"elements": {n: ["rain"] for n in DESCRIPTORS[1:]}}, Flaw.BAD_ELEMENTS),
        ({"thinking": f"{THINKING} The centroid_hz is high."}, Flaw.LEAK),
        ({"thinking": f"{THINKING} The subtitle says so."}, Flaw.LEAK),
        ({"thinking": f"{THINKING} It begins at 0:03."}, Flaw.TIMESTAMP),
        ({"thinking": f"{THINKING} A dog can be seen."}, Flaw.VISUAL),
    ],
)
def test_each_flaw_is_found(changes: dict[str, object], flaw: Flaw) -> None:
    found = find_flaw(replace(GOOD, **changes), "rain")  # type: ignore[arg-type]
    assert found is not None
    assert found[0] is flaw


def test_a_caption_may_hold_words_that_the_writer_may_not_use() -> None:
    quoting = replace(GOOD, thinking=f"{THINKING} A label reads it out.")
    assert find_flaw(quoting, "label reads") is None
    assert find_flaw(replace(GOOD, thinking=f"{THINKING} The label reads rain."), "something else")


def test_training_text_is_tagged_in_the_order_of_the_paper() -> None:
    text = render_training_text(GOOD)
    places = [text.index(tag) for tag in ("<think>", "</think>", "<semantic_elements>", "<answer>")]
    assert places == sorted(places)
    assert "Physical sources: rain" in text
    assert "<semantic_elements>" not in render_training_text(replace(GOOD, elements=None))
