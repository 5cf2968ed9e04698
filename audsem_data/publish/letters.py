"""Which letter the right option gets: balanced by construction, and the same in every run.

The examples of a group are ranked by a hash of their id and taken four at a time; each block of four gets
the letters A to D in an order drawn from the block's own ids. In a group the counts of two letters thus
differ by one at most, and in a split, which is made of one group a shard, by the number of its shards.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from audsem_data.core.errors import StageError
from audsem_data.publish.features import LETTERS


def assign_letters(example_ids: Iterable[str]) -> Mapping[str, int]:
    """Return the index of the right option, 0 to 3, for each example of a group."""
    ranked = sorted(example_ids, key=_hash)
    letters: dict[str, int] = {}
    for start in range(0, len(ranked), len(LETTERS)):
        block = ranked[start : start + len(LETTERS)]
        content = "\n".join(block)
        order = sorted(range(len(LETTERS)), key=lambda index: _hash(f"{content}\n{LETTERS[index]}"))
        letters |= zip(block, order, strict=False)
    return letters


def shuffle_choices(example_id: str, choices: Sequence[str], index: int) -> list[str]:
    """Return the options with the right one, which comes first in `choices`, at `index`.

    Raises StageError unless there are four different options.
    """
    if len(choices) != len(LETTERS) or len(set(choices)) != len(LETTERS):
        raise StageError(f"{example_id}: choices must be four different texts, not {list(choices)!r}")
    others = sorted(choices[1:], key=lambda choice: _hash(f"{example_id}\n{choice}"))
    return [*others[:index], choices[0], *others[index:]]


def render_options(choices: Sequence[str]) -> str:
    """Return the options as a reader sees them, one line each: `A. rain falling`."""
    return "\n".join(f"{letter}. {choice}" for letter, choice in zip(LETTERS, choices, strict=True))


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
