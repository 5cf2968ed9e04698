"""Everything that the rules writer asserts is derived from the caption or a measure, and can be derived again."""

from dataclasses import replace

import pytest

from audsem_data.core.descriptors import DESCRIPTORS
from audsem_data.llm.answers import NOT_EVIDENT, Example, Task, Variant, count_words
from audsem_data.llm.validators import find_flaw
from audsem_data.publish import features
from audsem_data.rules.verification import unsupported
from audsem_data.rules.writer import write

from .evidence import evidence

TASKS: tuple[Task, ...] = ("captioning", "mc_qa", "open_qa", "creative_writing")
VARIANTS: tuple[Variant, ...] = ("simple", "semantic")


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_every_example_is_supported_and_sound(task: Task, variant: Variant) -> None:
    for clip, caption, acoustics in evidence(400):
        examples = write(task, variant, clip, caption, acoustics)
        assert 1 <= len(examples) <= 3
        for example in examples:
            assert unsupported(example, task, caption, acoustics) == []
            assert find_flaw(example, caption) is None, example
            assert count_words(example.thinking) >= 50
            assert count_words(example.answer) <= 50
            assert (example.elements is None) == (variant == "simple")


def made(task: Task, variant: Variant = "simple") -> tuple[Example, str, dict[str, object]]:
    """Return an example of a steady sound."""
    caption = "rain falling"
    measured: dict[str, object] = {
        "duration_s": 4.1, "loudness_lufs": -18.0, "level_trend": "steady", "silence_fraction": 0.0,
        "onset_count": 0, "tempo_bpm": None, "voiced_fraction": 0.0, "flatness": 0.5, "centroid_hz": 4000.0,
        "crest_db": 9.0,
    }  # fmt: skip
    return write(task, variant, "seed", caption, measured)[0], caption, measured


@pytest.mark.parametrize("task", TASKS)
def test_a_tampered_thinking_is_found(task: Task) -> None:
    example, caption, measured = made(task)
    forged = replace(example, thinking=f"{example.thinking} A cat meows as well.")
    assert unsupported(example, task, caption, measured) == []
    assert unsupported(forged, task, caption, measured) != []


@pytest.mark.parametrize(
    ("column", "value"),
    [("level_trend", "falling"), ("centroid_hz", 300.0), ("loudness_lufs", -50.0), ("voiced_fraction", 0.9)],
)
def test_an_example_does_not_pass_for_other_evidence(column: str, value: object) -> None:
    clip = "seed"
    _, caption, measured = made("open_qa")
    examples = write("open_qa", "semantic", clip, caption, measured)
    assert all(unsupported(e, "open_qa", caption, measured) == [] for e in examples)
    assert any(unsupported(e, "open_qa", caption, {**measured, column: value}) for e in examples)


def test_an_answer_and_an_element_that_nothing_supports_are_found() -> None:
    example, caption, measured = made("captioning", "semantic")
    assert unsupported(
        replace(example, answer="Rain falling, with a dog barking."), "captioning", caption, measured
    )
    assert example.elements
    forged = replace(example, elements={**example.elements, "spatial_context": ["a forest"]})
    assert unsupported(forged, "captioning", caption, measured) == ["a forest"]


def test_the_same_seed_writes_the_same_and_another_clip_otherwise() -> None:
    _, caption, measured = made("captioning")
    texts = {write("captioning", "simple", f"clip{n}", caption, measured)[0].thinking for n in range(20)}
    assert len(texts) >= 15
    first, again = (write("captioning", "simple", "clip0", caption, measured) for _ in range(2))
    assert first == again


def test_the_right_option_is_first_and_no_distractor_is_of_its_class() -> None:
    for clip, caption, acoustics in evidence(200):
        for example in write("mc_qa", "simple", clip, caption, acoustics):
            assert example.choices
            assert example.choices[0] == example.answer
    example, *_ = made("mc_qa")
    assert not any(word in " ".join((example.choices or ())[1:]).lower() for word in ("water", "wave", "stream"))


def test_descriptors_are_those_of_the_dataset() -> None:
    column = next(c for c in features.TASK_COLUMNS if c.name == "semantic_elements")
    assert [field.name for field in column.type] == list(DESCRIPTORS)
    example, *_ = made("captioning", "semantic")
    assert example.elements
    assert list(example.elements) == list(DESCRIPTORS)
    assert example.elements["physical_sources"] == ["water"]
    assert example.elements["spatial_context"] == [NOT_EVIDENT]
