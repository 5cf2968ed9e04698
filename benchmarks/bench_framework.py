"""Time the spine on a stage that does nothing, beside reading and writing the same Parquet by hand."""

import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from audsem_data.core.keys import clip_id
from audsem_data.core.layout import Unit
from audsem_data.core.outcome import Done
from audsem_data.core.recipe import Recipe
from audsem_data.core.schema import CLIP_ID, Column
from audsem_data.core.stage import Kind, Needs, NoConfig, SourceConfig, stage
from audsem_data.runtime.context import Context, RunOptions
from audsem_data.runtime.session import driving
from audsem_data.storage.workspace import Workspace

SHARDS = 20
ROWS = 4096
TEXT = Column("caption", pa.string(), "some text")


class Made:
    """A source of made rows."""

    def discover(self, sources: object, known: object) -> list[Unit]:
        return [Unit(f"unit{number:03d}", "1", {"number": number}, 1) for number in range(SHARDS)]

    def read(self, unit: Unit) -> list[tuple[str, Done]]:
        video = f"video{unit.payload['number']:03d}"
        rows = [
            {"clip_id": clip_id(video, row * 10, row * 10 + 5), "caption": f"sound number {row}"}
            for row in range(ROWS)
        ]
        return [(f"{video}/en", Done(rows))]


@stage("bench-made", version=1, kind=Kind.SOURCE, key=CLIP_ID, needs=[], emits=[TEXT], config=SourceConfig)
def open_made(config: SourceConfig) -> Made:
    """Make rows."""
    return Made()


@stage("bench-nothing", version=1, needs=[Needs("bench-made", ("caption",))], emits=[TEXT], config=NoConfig)
def open_nothing(config: NoConfig) -> object:
    """Copy rows."""
    return lambda items: [Done.one(caption=item["caption"]) for item in items]


def by_hand(context: Context, out: Path) -> float:
    """Read and write the shards as a plain loop over Python rows would."""
    paths = [context.workspace.path(context.stages["bench-made"], r.data) for r in _records(context)]
    started = time.perf_counter()
    for index, path in enumerate(paths):
        table = pq.read_table(path)
        rows = [{"clip_id": row["clip_id"], "caption": row["caption"]} for row in table.to_pylist()]
        pq.write_table(pa.Table.from_pylist(rows, table.schema), out / f"{index}.parquet", compression="zstd")
    return time.perf_counter() - started


def _records(context: Context) -> list[object]:
    return list(context.workspace.records(context.stages["bench-made"]).values())


def main() -> None:
    """Print the cost per shard and the ratio."""
    with tempfile.TemporaryDirectory() as name:
        recipe = Recipe(
            profile="bench", sources=(name,), stages={"bench-made": {"shard_units": 1}, "bench-nothing": {}}
        )
        context = Context(Path(name), recipe, RunOptions(workers=0, packages=()))
        Workspace(Path(name)).save_recipe(recipe)
        with driving(context, shown=False) as driver:
            driver.run(["bench-made"])
            started = time.perf_counter()
            driver.run(["bench-nothing"])
            spine = time.perf_counter() - started
            started = time.perf_counter()
            driver.run(["bench-nothing"])
            again = time.perf_counter() - started
        plain = by_hand(context, Path(name))
        print(f"{SHARDS} shards of {ROWS} rows, a stage that copies a column, in one process")
        cost, loop = spine / SHARDS * 1000, plain / SHARDS * 1000
        print(f"spine {cost:.1f} ms a shard, by hand {loop:.1f} ms: {cost / loop:.1f} x")
        print(f"a rerun with nothing to do: {again / SHARDS * 1000:.2f} ms a shard")


if __name__ == "__main__":
    main()
