"""A small table of sound classes of our own making: which words belong to one, and what may be said of it."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml


@dataclass(frozen=True)
class SoundClass:
    """A class of sounds.

    Attributes:
        stems: beginnings of words that belong to it; a final `$` means the whole word.
        phrase: "an animal's call"; plural: "the calls of animals".
        examples: phrases for such sounds, which serve as wrong options of a multiple-choice question.
        elements: descriptors that hold for every sound of the class.
    """

    name: str
    stems: tuple[str, ...]
    phrase: str
    plural: str
    examples: tuple[str, ...]
    elements: Mapping[str, str]


@cache
def sound_classes() -> tuple[SoundClass, ...]:
    """Return the table."""
    return tuple(
        SoundClass(
            name,
            tuple(entry["stems"].split()),
            entry["phrase"],
            entry["plural"],
            tuple(entry["examples"]),
            entry.get("elements", {}),
        )
        for name, entry in yaml.safe_load(_text()).items()
    )


def sound_classes_digest() -> str:
    """Return the identity of the table: what is written depends on it."""
    return hashlib.sha256(_text().encode()).hexdigest()[:16]


def _text() -> str:
    return (files("audsem_data") / "rules" / "sound_classes.yaml").read_text(encoding="utf-8")


def matching_classes(text: str) -> list[SoundClass]:
    """Return the classes to which any word of a text belongs."""
    words = re.findall(r"[a-z]+", text.lower())
    return [kind for kind in sound_classes() if any(_belongs(word, stem) for word in words for stem in kind.stems)]


def _belongs(word: str, stem: str) -> bool:
    return word == stem[:-1] if stem.endswith("$") else word.startswith(stem)
