"""The 527 sound classes of AudioSet, in the order of its published index.

Source: class_labels_indices.csv of AudioSet (Gemmeke et al., 2017), CC BY 4.0. Their top-level categories: the
ontology of AudioSet (https://github.com/audioset/ontology), CC BY-SA 4.0; so is audioset_categories.csv, which
docs/audioset_categories.py makes of it.
"""

import csv
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

TAGS = pa.list_(pa.struct([("label", pa.string()), ("score", pa.float32())]))


@cache
def labels() -> tuple[str, ...]:
    """Return the display names, by index."""
    return tuple(row["display_name"] for row in _rows("audioset_labels.csv"))


@cache
def names_by_mid() -> dict[str, str]:
    """Return the display name of each machine id, such as /m/09x0r."""
    return {row["mid"]: row["display_name"] for row in _rows("audioset_labels.csv")}


@cache
def categories() -> dict[str, str]:
    """Return the top-level category of each class by display name; the first in the ontology's order of several."""
    names = names_by_mid()
    return {names[row["mid"]]: row["categories"].split("|")[0] for row in _rows("audioset_categories.csv")}


@cache
def music_labels() -> frozenset[str]:
    """Return the classes of the music branch, which stand together in the index, and those of singing."""
    names = labels()
    music = names[names.index("Music") : names.index("Scary music") + 1]
    return frozenset(music) | frozenset(names[names.index("Singing") : names.index("Humming") + 1])


def top_tags(scores: np.ndarray[Any, Any], names: Sequence[str], count: int = 5) -> list[dict[str, Any]]:
    """Return the highest-scoring classes as {label, score}, best first; of equal scores, the lower index first."""
    best = np.argsort(-scores, kind="stable")[:count]
    return [{"label": names[index], "score": float(scores[index])} for index in best]


@cache
def _rows(name: str) -> tuple[dict[str, str], ...]:
    path = Path(__file__).with_name(name)
    with path.open(encoding="utf-8", newline="") as lines:
        return tuple(csv.DictReader(lines))
