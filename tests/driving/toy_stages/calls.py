"""Counted calls: every toy notes the keys that it works on in the file named by TOY_CALLS."""

import os
from collections.abc import Sequence
from pathlib import Path

from audsem_data.core.stage import Item


def note(stage: str, items: Sequence[Item]) -> None:
    """Write a line a key."""
    with Path(os.environ["TOY_CALLS"]).open("a") as stream:
        stream.writelines(f"{stage} {item.key}\n" for item in items)


def flag(name: str) -> Path:
    """Return a file whose presence changes what a toy does."""
    return Path(os.environ["TOY_CALLS"]).with_name(name)
