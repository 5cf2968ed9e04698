"""A clip as a person meets it: its sound, its spectrogram, what stands beside it and what was written of it."""

import base64
import heapq
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import soundfile

from audsem_data.core.keys import hash_fraction
from audsem_data.media.clips import AUDIO_SUFFIXES, Decoded, decode_clip
from audsem_data.media.spectrogram import spectrogram_png
from audsem_data.report.library import Library, rows_of

_WHOLE = 10_000.0  # numbers from here on are told without a fraction
_NOT_EVIDENCE = frozenset(
    {"clip_id", "video_id", "start_ms", "end_ms", "text", "caption", "complete", "missing", "not_applicable"}
    | {"keep", "reason", "license", "source"}
)
_EXAMPLE = ("example_id", "clip_id", "task", "variant", "question", "choices", "answer_index", "thinking")
_EXAMPLE_COLUMNS = (*_EXAMPLE, "semantic_elements", "answer")


@dataclass
class Listened:
    """A clip of the sample.

    Attributes:
        row: what the library holds of it. seconds: its length.
        sound, picture: data URIs of an MP3 for the page and of its spectrogram; None where there is no sound.
        examples: rows of the tasks, those with descriptors first.
    """

    row: Mapping[str, Any]
    sound: str | None = None
    picture: str | None = None
    seconds: float = 0.0
    examples: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def left_out(self) -> str | None:
        """Why it was not kept; None where it was, or where nobody decided."""
        return str(self.row["reason"]) if self.row.get("keep") is False else None

    @property
    def evidence(self) -> Mapping[str, Any]:
        """What annotators and scores say of it, by name."""
        return {name: value for name, value in self.row.items() if name not in _NOT_EVIDENCE and value is not None}

    @property
    def by_second(self) -> list[tuple[int, str, float]]:
        """The likeliest tag of every second, and how likely it is."""
        found = (self.row.get("sat") or {}).get("seconds") or []
        return [(one["second"], one["tags"][0]["label"], one["tags"][0]["score"]) for one in found if one["tags"]]


def draw(library: Library, count: int, seed: int, *, heard: bool = True) -> list[Listened]:
    """Return up to `count` clips, drawn by a hash of their ids, kept ones first; with sound if `heard`."""
    if count == 0:
        return []
    chances: Iterator[tuple[bool, float, str]] = (
        (kept is False, hash_fraction(f"report-{seed}", key), key)
        for table in library.clips({"clip_id", "keep"})
        for key, kept in zip(
            table["clip_id"].to_pylist(),
            table["keep"].to_pylist() if "keep" in table.column_names else [True] * table.num_rows,
            strict=True,
        )
    )
    keys = {key for _, _, key in heapq.nsmallest(count, chances)}
    found = {row["clip_id"]: Listened(row) for table in library.clips() for row in rows_of(table, keys)}
    for key, files in library.media(keys) if heard else ():
        hear(found[key], files)
    for row in examples_of(library, keys):
        found[row["clip_id"]].examples.append(row)
    return [found[key] for key in sorted(found, key=str.encode)]


def examples_of(library: Library, keys: Collection[str]) -> Iterator[dict[str, Any]]:
    """Yield the examples of these clips, those with descriptors first."""
    tables = library.examples(_EXAMPLE_COLUMNS)
    rows = [row for table in tables for row in rows_of(table, keys)]
    yield from sorted(rows, key=lambda row: (row["variant"] != "semantic", row["task"], row["example_id"]))


def hear(clip: Listened, files: Mapping[str, bytes]) -> None:
    """Give a clip its sound and spectrogram, if there is sound among its files."""
    data = next((held for suffix, held in files.items() if suffix in AUDIO_SUFFIXES), None)
    if data is None:
        return
    decoded = decode_clip(data)
    clip.seconds = len(decoded.samples) / decoded.rate
    clip.sound = data_uri("audio/mpeg", mp3(decoded))
    clip.picture = data_uri("image/png", spectrogram_png(decoded.samples, decoded.rate))


def mp3(decoded: Decoded) -> bytes:
    """Return the sound as MP3, which every browser plays, for a page; what the dataset holds is lossless."""
    stream = BytesIO()
    soundfile.write(stream, decoded.samples, decoded.rate, format="MP3")
    return stream.getvalue()


def data_uri(kind: str, data: bytes) -> str:
    """Return bytes as an address that holds them."""
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def said(value: Any) -> str:
    """Return an annotator's value as a person reads it: tags as a list, numbers short, nested values as JSON."""
    match value:
        case float():
            return f"{value:,.0f}" if abs(value) >= _WHOLE else f"{value:.4g}"
        case str() | int() | None:
            return str(value)
        case [{"label": _, "score": _}, *_]:
            return ", ".join(f"{one['label']} {one['score']:.2f}" for one in value)
        case [str(), *_]:
            return ", ".join(map(str, value))
        case [float() | int(), *_]:
            return ", ".join(said(one) for one in value)
        case _:
            return json.dumps(value, ensure_ascii=False, default=str)
