"""Read numbers: a text file with an integer a line is a video, a line a clip."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from audsem_data.core.keys import clip_id
from audsem_data.core.layout import Unit
from audsem_data.core.outcome import Done, Outcome
from audsem_data.core.schema import Column
from audsem_data.core.stage import Kind, SourceConfig, stage


class Numbers:
    """Files of numbers."""

    def discover(self, sources: Sequence[str], known: object) -> Iterator[Unit]:
        """List the text files of folders."""
        for path in sorted(file for source in sources for file in Path(source).glob("*.txt")):
            yield Unit(path.stem, path.read_text(), {"path": str(path)}, path.stat().st_size)

    def read(self, unit: Unit) -> Iterator[tuple[str, Outcome]]:
        """Read one."""
        values = [int(line) for line in Path(unit.payload["path"]).read_text().split()]
        rows = [{"clip_id": clip_id(unit.name, n * 10, n * 10 + 5), "value": v} for n, v in enumerate(values)]
        yield f"{unit.name}/all", Done(rows)


@stage(
    "toy-count",
    version=1,
    kind=Kind.SOURCE,
    needs=[],
    emits=[Column("value", pa.int64(), "the number")],
    config=SourceConfig,
)
def open_count(config: SourceConfig) -> Numbers:
    """Return what reads."""
    return Numbers()
