"""How long ten million clips take against lists as large as AudioSet's, beside a loop over sets in Python.

    python benchmarks/bench_decontaminate.py [--clips 10000000] [--entries 2000000]

Ids are made up; a hundredth of the clips are in a list. Prints seconds and the most memory of the process.
"""

import argparse
import resource
import time

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audsem_data.benchmarks.entry import Entry
from audsem_data.benchmarks.overlap import Lists


def ids(numbers: np.ndarray[tuple[int], np.dtype[np.int64]]) -> pa.Array:
    return pc.binary_join_element_wise("v", pc.utf8_lpad(pa.array(numbers).cast(pa.string()), 10, "0"), "")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--clips", type=int, default=10_000_000)
    parser.add_argument("--entries", type=int, default=2_000_000)
    options = parser.parse_args()
    chance = np.random.default_rng(0)
    listed = ids(np.arange(options.entries)).to_pylist()
    lists = {"large": [Entry(one, 0, 10_000) for one in listed], "small": [Entry(one) for one in listed[:20_000]]}
    inside = chance.random(options.clips) < 0.01
    numbers = np.where(inside, chance.integers(options.entries, size=options.clips), 0)
    numbers += np.where(inside, 0, options.entries + np.arange(options.clips))
    starts = pa.array(chance.integers(0, 20_000, size=options.clips))
    videos = ids(numbers)
    clips = pa.table({"clip_id": videos, "video_id": videos, "start_ms": starts, "end_ms": pc.add(starts, 5_000)})
    started = time.perf_counter()
    asked = Lists(lists)
    built = time.perf_counter()
    matches = asked.matches(clips)
    done = time.perf_counter()
    held = {one.video_id for one in lists["large"]}
    looped = sum(one in held for one in clips["video_id"].to_pylist())
    naive = time.perf_counter() - done
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{options.clips:,} clips, {options.entries:,} entries: lists {built - started:.1f} s, ", end="")
    print(f"clips {done - built:.1f} s, {len(matches):,} matches; a set of ids alone {naive:.1f} s ({looped:,})")
    print(f"most memory {memory:.1f} GB, with the clips and lists themselves")


if __name__ == "__main__":
    main()
