from collections import Counter

import pytest

from audsem_data.core.errors import UsageError
from audsem_data.publish.splits import split_of
from audsem_data.stages.release.assemble import open_assemble


def test_fractions_are_about_what_was_asked_for() -> None:
    counts = Counter(split_of(f"video{n}", 0.2, 0.1) for n in range(5000))
    assert counts["validation"] == pytest.approx(1000, abs=100)
    assert counts["test"] == pytest.approx(500, abs=75)


def test_a_test_video_stays_one_when_validation_changes() -> None:
    videos = [f"video{n}" for n in range(500)]
    held_out = [video for video in videos if split_of(video, 0.05, 0.1) == "test"]
    assert held_out == [video for video in videos if split_of(video, 0.3, 0.1) == "test"]


def test_pinned_splits() -> None:
    """A release must deal its videos as the one before did: these three never change."""
    assert [split_of(video, 0.05, 0.05) for video in ("v00", "v72", "v112")] == ["train", "validation", "test"]


def test_fractions_that_leave_no_train_are_refused() -> None:
    with pytest.raises(UsageError, match="leave some videos to train"):
        open_assemble.options({"validation": 0.6, "test": 0.5})
