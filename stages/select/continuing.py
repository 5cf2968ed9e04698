"""Cues of a track that continue one another: a caption repeated at once, or a bracket that the next cue closes."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from audsem_data.core.stage import Item
from audsem_data.stages.select.ascii_text import clean_text
from audsem_data.stages.select.brackets import is_bracketed, opens_only


class Joined(NamedTuple):
    """Cues that are one caption: the first of them, their text and end, and the keys of the others."""

    first: Item
    text: str
    end_ms: int
    others: tuple[str, ...] = ()


def join_cues(items: Sequence[Item], gap_ms: int | None) -> Iterator[Joined]:
    """Yield the cues of a video, those of a track joined that follow within `gap_ms`; null joins none."""
    if gap_ms is None:
        yield from (Joined(item, item["text"], item["end_ms"]) for item in items)
        return
    tracks: dict[str, list[Item]] = {}
    for item in items:
        tracks.setdefault(item["track"], []).append(item)
    for cues in tracks.values():
        yield from _join(sorted(cues, key=lambda item: int(item["ordinal"])), gap_ms)


def _join(cues: Iterable[Item], gap_ms: int) -> Iterator[Joined]:
    held: Joined | None = None
    for item in cues:
        if held and 0 <= item["start_ms"] - held.end_ms <= gap_ms and (text := _continued(held.text, item["text"])):
            held = Joined(held.first, text, max(held.end_ms, item["end_ms"]), (*held.others, item.key))
            continue
        if held:
            yield held
        held = Joined(item, item["text"], item["end_ms"])
    if held:
        yield held


def _continued(text: str, following: str) -> str | None:
    """Return what two texts are together; None if the second does not continue the first."""
    first, second = clean_text(text), clean_text(following)
    if is_bracketed(first):
        return text if first.lower() == second.lower() else None
    joined = f"{text} {following}"
    return joined if opens_only(first) and is_bracketed(clean_text(joined)) else None
