"""What charts show of clips and texts, counted in one pass over each so that no collection is too large."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from audsem_data.core.descriptors import DESCRIPTORS
from audsem_data.models.audioset import categories
from audsem_data.report.library import Library

KEPT, LEFT_OUT = "kept", "left out"
DURATION_STEP_S, LOUDNESS_STEP_LU = 0.5, 2.0
TAGGERS = ("beats", "ast")  # the first that a clip has names its category

Binned = Counter[tuple[float, str]]


@dataclass
class ClipCounts:
    """Clips by what was measured of them.

    Attributes:
        clips, kept: how many there are, and how many of them examples are written of; `selected` says whether that
            was decided at all.
        durations, loudness, words: clips by (lower edge of the bin, kept or left out): seconds, LUFS, words.
        categories: clips by (top-level category of AudioSet, kept or left out); `tagger` named it.
        not_kept: clips by the reason that `select-clips` gives.
    """

    clips: int = 0
    kept: int = 0
    selected: bool = False
    durations: Binned = field(default_factory=Counter)
    loudness: Binned = field(default_factory=Counter)
    words: Binned = field(default_factory=Counter)
    categories: Counter[tuple[str, str]] = field(default_factory=Counter)
    tagger: str | None = None
    not_kept: Counter[str] = field(default_factory=Counter)


def count_clips(library: Library) -> ClipCounts:
    """Return the counts of all clips of a library."""
    counted = ClipCounts()
    columns = {"caption", "start_ms", "end_ms", "acoustics", "keep", "reason", *TAGGERS}
    for table in library.clips(columns):
        fates = _fates(table)
        counted.clips += len(fates)
        counted.kept += fates.count(KEPT)
        if "keep" in table.column_names:
            counted.selected = True
            counted.not_kept.update(reason for reason in table["reason"].to_pylist() if reason)
        if "start_ms" in table.column_names:
            seconds = pc.divide(pc.subtract(table["end_ms"], table["start_ms"]).cast(pa.float64()), 1000.0)
            _add(counted.durations, seconds.to_pylist(), fates, DURATION_STEP_S)
        _add(counted.loudness, _inner(table, "acoustics", "loudness_lufs"), fates, LOUDNESS_STEP_LU)
        if "caption" in table.column_names:
            _add(counted.words, [len(text.split()) for text in table["caption"].to_pylist()], fates, 1)
        _categorize(counted, table, fates)
    return counted


def _fates(table: pa.Table) -> list[str]:
    if "keep" not in table.column_names:
        return [KEPT] * table.num_rows
    return [KEPT if keep else LEFT_OUT for keep in table["keep"].to_pylist()]


def _add(into: Binned, values: Sequence[float | None], fates: Sequence[str], step: float) -> None:
    for value, fate in zip(values, fates, strict=False):
        if value is not None and math.isfinite(value):
            into[math.floor(value / step) * step, fate] += 1


def _inner(table: pa.Table, struct: str, name: str) -> list[Any]:
    if struct not in table.column_names or name not in _fields(table, struct):
        return []
    values: list[Any] = pc.struct_field(table[struct], name).to_pylist()
    return values


def _fields(table: pa.Table, struct: str) -> list[str]:
    return [inner.name for inner in table.schema.field(struct).type]


def _categorize(counted: ClipCounts, table: pa.Table, fates: Sequence[str]) -> None:
    tagger = counted.tagger or next((name for name in TAGGERS if name in table.column_names), None)
    counted.tagger, known = tagger, categories()
    for tags, fate in zip(_inner(table, tagger, "tags") if tagger else [], fates, strict=False):
        if tags:
            counted.categories[known.get(tags[0]["label"], "Other"), fate] += 1


@dataclass
class TextCounts:
    """Texts of examples: descriptors' terms, and how often each letter is right by config."""

    terms: Mapping[str, Counter[str]]
    examples: Counter[tuple[str, str]]
    thinking_words: Binned


def count_texts(library: Library) -> TextCounts:
    """Return the counts of all examples of a library; `thinking_words` are binned by ten, by task."""
    counted = TextCounts({name: Counter() for name in DESCRIPTORS}, Counter(), Counter())
    for table in library.examples(["task", "variant", "thinking", "semantic_elements"]):
        tasks, variants = table["task"].to_pylist(), table["variant"].to_pylist()
        counted.examples.update(zip(tasks, variants, strict=True))
        for task, thinking in zip(tasks, table["thinking"].to_pylist(), strict=True):
            counted.thinking_words[len((thinking or "").split()) // 10 * 10, task] += 1
        for name, terms in _terms(table):
            counted.terms[name].update(terms)
    return counted


def _terms(table: pa.Table) -> Iterator[tuple[str, list[str]]]:
    if "semantic_elements" not in table.column_names:
        return
    for name in (held for held in DESCRIPTORS if held in _fields(table, "semantic_elements")):
        lists = pc.struct_field(table["semantic_elements"], name)
        yield name, [term.strip().lower() for term in pc.list_flatten(lists).to_pylist() if term and term.strip()]
