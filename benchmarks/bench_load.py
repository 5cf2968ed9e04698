"""How fast a dataset streams: rows and bytes a second through `datasets`, beside reading the same files raw.

    python benchmarks/bench_load.py [ROWS]

A dataset of made sound is written as assemble does, then read in turn: raw, in blocks (from the page cache, so at
the speed of memory); by pyarrow, row group by row group; by `load_dataset` streaming, audio undecoded; and without
the audio column. Also: how much of a file is new when the texts of 1 % of its rows change.
"""

import io
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import soundfile
from datasets import Audio, load_dataset

from audsem_data.publish.features import task_schema
from audsem_data.publish.parquet import DatasetWriter

REPEATS = 3


def sounds(count: int) -> list[bytes]:
    """Return FLAC files of ten seconds."""
    chance, made = np.random.default_rng(0), []
    for _ in range(count):
        file = io.BytesIO()
        soundfile.write(file, 0.02 * chance.standard_normal(320_000), 32_000, format="FLAC", subtype="PCM_16")
        made.append(file.getvalue())
    return made


def write(path: Path, rows: int, clips: list[bytes], changed: float = 0.0) -> None:
    """Write rows whose texts, but not sounds, differ in a share of them."""
    with DatasetWriter(path, task_schema(audio=True)) as writer:
        for n in range(rows):
            text = f"thinking about row {n} " * 20 + ("anew" if changed and n % round(1 / changed) == 0 else "")
            key = f"v{n // 5:05d}_{n % 5 * 10_000:09d}_{n % 5 * 10_000 + 10_000:09d}"
            row = {
                "example_id": f"{key}_mc_qa_simple_0", "clip_id": key, "task": "mc_qa", "variant": "simple",
                "video_id": f"v{n // 5:05d}", "start_ms": n % 5 * 10_000, "end_ms": n % 5 * 10_000 + 10_000,
                "question": "What is heard?", "choices": ["a", "b", "c", "d"], "answer_index": 0, "answer": "a",
                "thinking": text, "semantic_elements": None, "license": None, "source": "made",
                "audio": {"bytes": clips[n % len(clips)], "path": f"{key}.flac"},
            }  # fmt: skip
            writer.add(row, len(clips[n % len(clips)]))


def seconds(work: Callable[[], None]) -> float:
    """Return the median of a few runs."""
    taken = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def main(rows: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "train-00000-of-00001.parquet"
        clips = sounds(64)
        write(path, rows, clips)
        size = path.stat().st_size

        def raw() -> None:
            with path.open("rb") as file:
                while file.read(1 << 20):
                    pass

        def groups() -> None:
            file = pq.ParquetFile(path)
            for index in range(file.num_row_groups):
                file.read_row_group(index)

        def stream(columns: list[str] | None = None) -> None:
            found = load_dataset("parquet", data_files=str(path), split="train", streaming=True, columns=columns)
            if columns is None:
                found = found.cast_column("audio", Audio(decode=False))
            assert sum(1 for _ in found.with_format("arrow").iter(100)) > 0

        stream(["example_id"])  # imports and caches
        base = seconds(raw)
        print(f"{rows} rows, {size / 1e6:.0f} MB; {'':8}{'rows/s':>10}{'MB/s':>8}{'of raw':>8}")
        for what, work in (("raw", raw), ("pyarrow row groups", groups), ("datasets streaming", stream)):
            taken = seconds(work)
            print(f"{what:<26}{rows / taken:>10,.0f}{size / taken / 1e6:>8,.0f}{base / taken:>8.2f}")
        taken = seconds(lambda: stream(["example_id", "thinking", "answer"]))
        print(f"{'datasets, texts alone':<26}{rows / taken:>10,.0f}")
        again = Path(name) / "again.parquet"
        write(again, rows, clips, changed=0.01)
        print(f"1 % of the texts changed: {new_bytes(path, again):,} of {again.stat().st_size:,} bytes are new")


def new_bytes(old: Path, new: Path) -> int:
    """Return how many bytes of a file lie in column chunks that the other does not hold, byte for byte."""

    def chunks(path: Path) -> dict[bytes, int]:
        footer, data = pq.read_metadata(path), path.read_bytes()
        found = {}
        for group in range(footer.num_row_groups):
            for place in range(footer.num_columns):
                column = footer.row_group(group).column(place)
                start = column.dictionary_page_offset or column.data_page_offset
                chunk = data[start : start + column.total_compressed_size]
                found[chunk] = len(chunk)
        return found

    known = chunks(old)
    return sum(size for chunk, size in chunks(new).items() if chunk not in known)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
