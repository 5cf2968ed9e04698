"""Say whether a clip holds music: a tagger hears it, or its caption names it.

A tagger hears music when one of its tags is a class of AudioSet's music branch, or of singing, and scores at
least `min_score`; a caption names it by a word of the `music` class of the sound lexicon's writer. The paper
captions music "when music is detected" (appendix C.2) and gives no rule: this one is ours.
"""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from pydantic import Field

from audsem_data.core.outcome import Done, Outcome
from audsem_data.core.schema import Column
from audsem_data.core.stage import Config, Item, Needs, Process, stage
from audsem_data.models.audioset import music_labels
from audsem_data.rules.sound_classes import matching_classes, sound_classes_digest

TAGGERS = ("beats", "ast")


class DetectMusicConfig(Config):
    """Options of detect-music."""

    min_score: float = Field(0.2, ge=0, le=1, description="least score of a music tag")


@stage(
    "detect-music",
    version=1,
    needs=[
        Needs("standardize", ("audio_sha256",)),
        Needs("select-captions", ("caption",)),
        *(Needs(f"annotate-{name}", ("tags",), optional=True, struct=name) for name in TAGGERS),
    ],
    emits=[
        Column("music", pa.bool_(), "whether the clip holds music"),
        Column("music_evidence", pa.list_(pa.string()), "who says so: caption, beats, ast"),
    ],
    config=DetectMusicConfig,
    identity={"words": sound_classes_digest()},
)
def open_detect_music(config: DetectMusicConfig) -> Process:
    """Return what judges clips."""

    def process(items: Sequence[Item]) -> list[Outcome]:
        return [_judge(item, config.min_score) for item in items]

    return process


def _judge(item: Item, min_score: float) -> Outcome:
    says = [name for name in TAGGERS if _hears(item[name], min_score)]
    if any(kind.name == "music" for kind in matching_classes(item["caption"])):
        says.insert(0, "caption")
    return Done.one(music=bool(says), music_evidence=says)


def _hears(tagger: dict[str, list[dict[str, Any]]] | None, min_score: float) -> bool:
    tags = tagger["tags"] if tagger else []
    return any(tag["label"] in music_labels() and tag["score"] >= min_score for tag in tags)
