"""How long outliers take over the paper's 5.33 million embeddings, on disk in shards, and whether they are right.

    python benchmarks/bench_outliers.py [--clips 5332211] [--folder DIR]

Writes shards as `embed-clap-audio` does (4,096 rows of 512 float32), then makes both passes, sums and distances, in
two processes: what the stage does, without the runner's records. Needs about 2.1 KB of disk a clip, and deletes it.
Then 20,000 points against all of their pairs.
"""

import argparse
import resource
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from audsem_data.core.schema import CLIP_ID, Column, arrow_schema
from audsem_data.models.clap_backend import EMBEDDING
from audsem_data.runtime.inputs import values_of
from audsem_data.stages.filter.outliers import distance_to_mean, mean_distance, summed, total
from audsem_data.storage.parquet import write_table

ROWS, SIZE = 4096, 512
COLUMNS = (CLIP_ID, Column("embedding", EMBEDDING, "of length 1"))
Array = np.ndarray[Any, Any]


def points(count: int, seed: int) -> Array:
    chance = np.random.default_rng(seed)
    raw = chance.standard_normal((count, SIZE), np.float32) + 0.05
    return np.asarray(raw / np.linalg.norm(raw, axis=1, keepdims=True), np.float32)


def write(folder: Path, shard: int, rows: int) -> None:
    flat = pa.array(points(rows, shard).reshape(-1))
    keys = pa.array([f"v{shard:05d}_{n * 10:09d}_{n * 10 + 5:09d}" for n in range(rows)])
    arrays = [keys, pa.FixedSizeListArray.from_arrays(flat, SIZE)]
    table = pa.Table.from_arrays(arrays, schema=arrow_schema(COLUMNS))
    write_table(folder / f"part-{shard:05d}.parquet", COLUMNS, table)


def read(path: Path) -> Array:
    return np.stack(values_of(pq.read_table(path, columns=["embedding"])["embedding"]))


def sum_of(path: Path) -> dict[str, Any]:
    return summed(read(path))


def distances(corpus: dict[str, Any], path: Path) -> tuple[int, int]:
    """Return how many rows of a shard are outliers, and the process's most memory so far, in KiB."""
    far = int((distance_to_mean(read(path), corpus) > 0.9).sum())
    return far, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--clips", type=int, default=5_332_211)
    parser.add_argument("--folder", type=Path, default=None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name, ProcessPoolExecutor(2) as pool:
        folder, shards = Path(name), range(-(-options.clips // ROWS))
        sizes = [min(ROWS, options.clips - shard * ROWS) for shard in shards]
        list(pool.map(partial(write, folder), shards, sizes))
        paths = sorted(folder.iterdir())
        size = sum(path.stat().st_size for path in paths)
        started = time.perf_counter()
        corpus = total(list(pool.map(sum_of, paths, chunksize=8)))
        first = time.perf_counter() - started
        found = list(pool.map(partial(distances, corpus), paths, chunksize=8))
        both = time.perf_counter() - started
    most = max(memory for _, memory in found) / 1024
    print(f"{options.clips:,} embeddings, {size / 1e9:.1f} GB: sums {first:.1f} s, sums and distances {both:.1f} s")
    print(f"most memory of a process {most:.0f} MiB; outliers {sum(far for far, _ in found)}")
    held = points(20_000, 0)
    exact = held.astype(np.float64)
    pairs = np.concatenate([(1 - exact[at : at + 500] @ exact.T).sum(axis=1) for at in range(0, len(exact), 500)])
    expected = (pairs - (1 - (exact * exact).sum(axis=1))) / (len(exact) - 1)
    off = np.abs(mean_distance(held, summed(held)) - expected).max()
    print(f"largest difference from all pairs of 20,000: {off:.1e}")


if __name__ == "__main__":
    main()
