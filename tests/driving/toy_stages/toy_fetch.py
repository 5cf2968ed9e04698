"""Write each number to a file on the shelf; negative ones cannot be fetched."""

from collections.abc import Callable, Sequence

import pyarrow as pa

from audsem_data.core.outcome import Done, Failed, Outcome
from audsem_data.core.schema import Column
from audsem_data.core.stage import Item, Needs, NoConfig, Shelf, stage

from .calls import flag, note
from .toy_double import Toy


@stage(
    "toy-fetch",
    version=1,
    needs=[Needs("toy-count", ("value",))],
    emits=[Column("file", pa.string(), "name on the shelf")],
    reasons=[Toy],
    tolerated=0.5,
    shelves=True,
)
def open_fetch(config: NoConfig) -> Callable[[Sequence[Item], Shelf], list[Outcome]]:
    """Return what fetches."""

    def process(items: Sequence[Item], shelf: Shelf) -> list[Outcome]:
        note("fetch", items)
        for item in items:
            flag(f"fetched-{item['value']}").touch()
        return [_fetch(item, shelf) for item in items]

    return process


def _fetch(item: Item, shelf: Shelf) -> Outcome:
    if item["value"] < 0:
        return Failed(Toy.NEGATIVE)
    made = shelf.unsorted() / "number.mkv"
    made.write_text(str(item["value"]))
    return Done.one(file=shelf.put(made))
