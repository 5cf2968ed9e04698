"""Music is detected by a tagger or by the caption, and who said so is kept."""

from typing import Any

import pytest

from audsem_data.core.stage import Item
from audsem_data.models.audioset import labels, music_labels
from audsem_data.stages.annotate.detect_music import DetectMusicConfig, open_detect_music


def judged(caption: str, **heard: list[tuple[str, float]] | None) -> dict[str, Any]:
    tags = {
        name: None if (said := heard.get(name)) is None else {"tags": [{"label": a, "score": b} for a, b in said]}
        for name in ("beats", "ast")
    }
    item = Item("v_000000000_000001000", {"caption": caption, "audio_sha256": "", **tags}, {}, {})
    [outcome] = open_detect_music.open(DetectMusicConfig())([item])
    return dict(outcome.rows[0])


@pytest.mark.parametrize(
    ("caption", "heard", "says"),
    [
        ("door slams", {}, []),
        ("dramatic music playing", {}, ["caption"]),
        ("door slams", {"beats": [("Speech", 0.9), ("Piano", 0.2)]}, ["beats"]),
        ("door slams", {"beats": [("Speech", 0.9), ("Piano", 0.19)]}, []),
        ("piano plays", {"beats": [("Piano", 0.8)], "ast": [("Choir", 0.5)]}, ["caption", "beats", "ast"]),
        ("door slams", {"ast": [("Slam", 0.9)]}, []),
    ],
)
def test_who_says_that_there_is_music(caption: str, heard: dict[str, Any], says: list[str]) -> None:
    assert judged(caption, **heard) == {"music": bool(says), "music_evidence": says}


def test_the_music_branch_is_the_ontologys() -> None:
    assert len(labels()) == 527
    assert {"Music", "Guitar", "Techno", "Jingle, tinkle", "Scary music", "Rapping"} - music_labels() == {
        "Jingle, tinkle"
    }
    assert not {"Speech", "Whistling", "Wind", "Doorbell"} & music_labels()
