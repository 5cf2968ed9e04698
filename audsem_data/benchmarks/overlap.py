"""What clips share with a benchmark: the same video, the same stretch of it, or a file of the same name.

Each rule stands on its own and is named in what it finds. Ids are looked up as columns, so that ten million clips
take seconds; only what is found becomes rows.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from audsem_data.benchmarks.entry import Entry, stem_of


class Rule(StrEnum):
    """Why a clip counts as shared, the weakest first."""

    FILE_NAME = "file_name"
    VIDEO = "video"
    TIME = "time"


class Match(NamedTuple):
    """A clip that a list holds, by one rule."""

    clip_id: str
    benchmark: str
    rule: Rule


class Lists:
    """Benchmarks by name, ready to be asked."""

    def __init__(self, lists: Mapping[str, Sequence[Entry]]) -> None:
        """Index the entries of each list."""
        self._spans: dict[str, dict[str, list[tuple[int, int] | None]]] = {}
        self._files: dict[str, set[str]] = {}
        for name, entries in lists.items():
            spans: dict[str, list[tuple[int, int] | None]] = defaultdict(list)
            for entry in entries:
                if entry.video_id:
                    known = entry.start_ms is not None and entry.end_ms is not None
                    spans[entry.video_id].append((entry.start_ms or 0, entry.end_ms or 0) if known else None)
            self._spans[name] = spans
            self._files[name] = {stem_of(entry.file_name) for entry in entries if entry.file_name}
        self._videos = pa.array(sorted({video for spans in self._spans.values() for video in spans}), pa.string())
        self._stems = set[str]().union(*self._files.values())

    def matches(self, clips: pa.Table, margin_ms: int = 0) -> list[Match]:
        """Return what the lists share with clips, every rule that holds, in the clips' order.

        Args:
            clips: clip_id, video_id, start_ms, end_ms (null where not known), and file_name where there are files.
            margin_ms: how near a stretch may come before it counts as shared; touching ones do not.
        """
        found: list[Match] = []
        known = clips.filter(pc.is_in(clips["video_id"], self._videos))
        for row in known.to_pylist():
            for name, spans in self._spans.items():
                if held := spans.get(row["video_id"]):
                    found.append(Match(row["clip_id"], name, Rule.VIDEO))
                    if any(_overlap(row["start_ms"], row["end_ms"], span, margin_ms) for span in held):
                        found.append(Match(row["clip_id"], name, Rule.TIME))
        return found + self._named(clips)

    def _named(self, clips: pa.Table) -> list[Match]:
        if "file_name" not in clips.column_names or not self._stems:
            return []
        pairs = zip(clips["clip_id"].to_pylist(), clips["file_name"].to_pylist(), strict=True)
        stems = ((clip, stem_of(name)) for clip, name in pairs if name)
        return [
            Match(clip, name, Rule.FILE_NAME)
            for clip, stem in stems
            if stem in self._stems
            for name, files in self._files.items()
            if stem in files
        ]


def _overlap(start: int | None, end: int | None, span: tuple[int, int] | None, margin_ms: int) -> bool:
    if start is None or end is None or span is None:
        return False
    return start < span[1] + margin_ms and span[0] < end + margin_ms


def table_of(matches: Sequence[Match]) -> dict[str, dict[str, int]]:
    """Return how many clips each benchmark shares, by rule: the paper's overlap table."""
    clips: dict[str, dict[str, set[str]]] = defaultdict(lambda: {rule.value: set() for rule in Rule})
    for match in matches:
        clips[match.benchmark][match.rule].add(match.clip_id)
    return {name: {rule: len(held) for rule, held in rules.items()} for name, rules in sorted(clips.items())}
