"""Labelled captions: read from CSV or Parquet, checked, and split so that the split depends on the texts alone."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from audsem_data.core.errors import InputError
from audsem_data.core.keys import hash_fraction
from audsem_data.storage.parquet import read_table

_LABELS = {"1": 1, "0": 0, "true": 1, "false": 0, "yes": 1, "no": 0}
_LEAST = 10  # of each label: fewer cannot be split in three


class Labelled(NamedTuple):
    """A caption and whether it describes a sound (1) or not (0)."""

    text: str
    label: int


class Split(NamedTuple):
    """Three parts, each with the labels in the proportion of the whole."""

    train: list[Labelled]
    validation: list[Labelled]
    test: list[Labelled]


def read_labelled(path: Path) -> list[Labelled]:
    """Read the columns `text` and `is_sound` (1/0, true/false, yes/no) of a CSV or Parquet file.

    A caption that stands there twice counts once. Raises InputError that names the line: a column is missing, a
    label is none, one caption has both labels, or a label has fewer than ten captions.
    """
    found: dict[str, int] = {}
    for number, row in enumerate(_rows(path), start=2):
        text, label = str(row.get("text") or "").strip(), _LABELS.get(str(row.get("is_sound")).strip().lower())
        if not text or label is None:
            raise InputError(f"{path}, line {number}: expected text and is_sound (1 or 0), found {dict(row)}")
        if found.setdefault(text, label) != label:
            raise InputError(f"{path}, line {number}: {text!r} has both labels")
    for label, name in ((1, "sounds"), (0, "others")):
        if (count := list(found.values()).count(label)) < _LEAST:
            raise InputError(f"{path} holds {count} {name}; it takes at least {_LEAST} of each")
    return [Labelled(text, label) for text, label in found.items()]


def split_labelled(rows: Sequence[Labelled], seed: int) -> Split:
    """Return 60 % to train on, 20 % to validate and 20 % to test, of each label."""
    split = Split([], [], [])
    for label in (0, 1):
        order = sorted(
            (r for r in rows if r.label == label), key=lambda r: hash_fraction(f"labelled-{seed}", r.text)
        )
        first, second = round(len(order) * 0.6), round(len(order) * 0.8)
        for part, chosen in zip(split, (order[:first], order[first:second], order[second:]), strict=True):
            part.extend(chosen)
    return split


def _rows(path: Path) -> list[Mapping[str, Any]]:
    if path.suffix == ".parquet":
        return list(read_table(path).to_pylist())
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return list(csv.DictReader(lines))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as CSV: {error}") from error
