"""Batches of clips of like length, so that little of a batch is padding."""

from collections.abc import Callable, Sequence, Sized
from typing import TypeVar

Result = TypeVar("Result")
Begun = TypeVar("Begun")


def by_length(lengths: Sequence[int], most: int) -> list[list[int]]:
    """Return the clips' indices in batches, short clips first; padded to its longest, a batch holds `most` samples.

    A clip longer than `most` is a batch of its own. Equal lengths keep their order.
    """
    batches: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lambda i: lengths[i]):
        if batches and lengths[index] * (len(batches[-1]) + 1) <= most:
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches


def in_batches(clips: Sequence[Sized], most: int, run: Callable[[list[int]], Sequence[Result]]) -> list[Result]:
    """Return one result a clip, in the clips' order; `run` gets the indices of a batch and gives their results."""
    return in_flight(clips, most, run, lambda _, results: results)


def in_flight(
    clips: Sequence[Sized],
    most: int,
    begin: Callable[[list[int]], Begun],
    fetch: Callable[[list[int], Begun], Sequence[Result]],
) -> list[Result]:
    """Return one result a clip, in the clips' order, having fetched none before every batch was begun.

    What `begin` gives of a batch's indices may still be computed by a GPU; `fetch` waits for it and gives the
    results. So a batch is prepared while those before it are computed.
    """
    begun = [(batch, begin(batch)) for batch in by_length([len(clip) for clip in clips], most)]
    results: dict[int, Result] = {}
    for batch, answer in begun:
        results.update(zip(batch, fetch(batch, answer), strict=True))
    return [results[index] for index in range(len(clips))]
