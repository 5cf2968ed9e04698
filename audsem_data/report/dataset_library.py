"""A dataset that was published, or stands in a folder, as a library."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from audsem_data.core.errors import CorruptionError, UsageError
from audsem_data.core.layout import StageHistory
from audsem_data.publish.layout import CLIPS, parse_data_file
from audsem_data.publish.manifest import MANIFEST
from audsem_data.publish.statistics import Statistics, count_all
from audsem_data.report.library import Refusal, columns_of
from audsem_data.storage.parquet import read_table


class DatasetLibrary:
    """Reads the Parquet files of a dataset's folder."""

    is_workspace = False

    def __init__(self, folder: Path) -> None:
        self.folder, self.name = folder, folder.resolve().name
        self._files = {
            path.relative_to(folder).as_posix(): path for path in sorted(folder.glob("data/*/*.parquet"))
        }
        if not self._files:
            raise UsageError(
                f"{folder} is neither a workspace (it has no recipe.yaml) nor a dataset (no data/*/*.parquet)"
            )

    @cached_property
    def manifest(self) -> Mapping[str, Any]:
        """What manifest.json holds; nothing where there is none."""
        try:
            held: dict[str, Any] = json.loads((self.folder / MANIFEST).read_bytes())
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise CorruptionError(f"{self.folder / MANIFEST} is not JSON: {error}") from error
        return held

    def history(self) -> Sequence[StageHistory]:
        """Return what the manifest says of the stages that made the dataset."""
        told = self.manifest.get("options", {}).get("history", ())
        return [StageHistory(**{**one, "price": tuple(one["price"]) if one["price"] else None}) for one in told]

    def clips(self, columns: Collection[str] | None = None) -> Iterator[pa.Table]:
        """Yield the rows of `clips` without their sound; of a release without it, the clips of the examples."""
        wanted = None if columns is None else {*columns, "clip_id"}
        found = False
        for path in self._of(lambda config: config == CLIPS):
            found = True
            names = [name for name in pq.read_schema(path).names if name != "audio"]
            yield columns_of(read_table(path, [n for n in names if wanted is None or n in wanted]), wanted)
        seen = set[str]()
        for path in () if found else self._of(lambda config: config != CLIPS):
            table = read_table(path, ["clip_id", "video_id", "start_ms", "end_ms"])
            fresh = [key not in seen and not seen.add(key) for key in table["clip_id"].to_pylist()]  # type: ignore[func-returns-value]
            yield columns_of(table.filter(pa.array(fresh, pa.bool_())), wanted)

    def examples(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Yield the examples of every task config."""
        for path in self._of(lambda config: config != CLIPS):
            held = pq.read_schema(path).names
            yield read_table(path, [column for column in columns if column in held])

    def row(self, key: str) -> dict[str, Any] | None:
        """Return what `clips` holds of a clip, without its sound."""
        for path in self.files(CLIPS):
            names = [name for name in pq.read_schema(path).names if name != "audio"]
            found = pq.read_table(path, columns=names, filters=[("clip_id", "==", key)], partitioning=None)
            if found.num_rows:
                row: dict[str, Any] = found.to_pylist()[0]
                return row
        return None

    def examples_of(self, key: str) -> list[dict[str, Any]]:
        """Return the examples of a clip, without its sound."""
        found = []
        for path in self.files():
            names = [name for name in pq.read_schema(path).names if name != "audio"]
            table = pq.read_table(path, columns=names, filters=[("clip_id", "==", key)], partitioning=None)
            found += table.to_pylist()
        return found

    def refusals(self) -> Iterator[Refusal]:
        """Yield nothing: a dataset does not keep what was not fit."""
        return iter(())

    def statistics(self) -> Statistics:
        """Return what the dataset holds."""
        return count_all(self._files)

    def media(self, keys: Collection[str]) -> Iterator[tuple[str, Mapping[str, bytes]]]:
        """Yield the sound of these clips, from whichever config holds it."""
        left = set(keys)
        for path in self._of(lambda config: config == CLIPS) + self._of(lambda config: config != CLIPS):
            if not left:
                return
            if "audio" not in pq.read_schema(path).names:
                continue
            ids = read_table(path, ["clip_id"])["clip_id"]
            rows = pc.indices_nonzero(pc.is_in(ids, value_set=pa.array(sorted(left), pa.string())))
            for key, audio in _sounds(path, rows.to_pylist()):
                if key in left and audio and audio["bytes"]:
                    left.discard(key)
                    yield key, {Path(audio["path"] or "x.flac").suffix.removeprefix("."): audio["bytes"]}

    def files(self, config: str | None = None) -> list[str]:
        """Return the paths of a config's files; without one, of all task configs'."""
        wanted = self._of(lambda found: found == config if config else found != CLIPS)
        return [str(path.absolute()) for path in wanted]

    def _of(self, wanted: Any) -> list[Path]:
        return [path for name, path in self._files.items() if wanted(parse_data_file(name)[0])]


def _sounds(path: Path, rows: Sequence[int]) -> Iterator[tuple[str, Mapping[str, Any] | None]]:
    """Yield clip id and sound of these rows, reading no row group that holds none of them."""
    file, first = pq.ParquetFile(path), 0
    for group in range(file.num_row_groups):
        count = file.metadata.row_group(group).num_rows
        here = [row - first for row in rows if first <= row < first + count]
        first += count
        if here:
            table = file.read_row_group(group, columns=["clip_id", "audio"]).take(here)
            yield from zip(table["clip_id"].to_pylist(), table["audio"].to_pylist(), strict=True)
