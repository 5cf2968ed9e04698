"""A Filmot dump from file to Parquet: our whole path beside loops that only parse it, all on one core, in one run.

    taskset -c 0 python benchmarks/bench_sdh.py [MEGABYTES]

`ours` reads, scans, keeps and counts cues, sorts and writes the Parquet shard. The loops parse every line and
look at every cue's text for a bracket, and write nothing; `pysimdjson` parses and looks at nothing. `full parse` is
our own path without the compiled scan: its rows are compared with ours. Then, two processes on half the file each.
Needs the extras `scan` and `test`.
"""

import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import simdjson
from filmot_dump import make_dump

from audsem_data.core.layout import Unit
from audsem_data.core.schema import CUE_ID
from audsem_data.runtime.source import gather
from audsem_data.stages.ingest import tracks
from audsem_data.stages.ingest.ingest import EMITS, IngestConfig, open_ingest
from audsem_data.storage.parquet import write_table

DUMP_BYTES = 288e9  # the whole of Filmot's manual subtitles, as the paper counts it
REPEATS = 3


def ours(path: Path, out: Path, begin: int = 0, end: int | None = None) -> pa.Table:
    """Read a range of a dump and write its shard; return the rows."""
    size = path.stat().st_size if end is None else end
    payload = {"kind": "dump", "path": str(path), "begin": begin, "end": size, "media": {}}
    unit = Unit("dump#0", "", payload, size - begin)
    rows = gather(open_ingest, open_ingest.open(IngestConfig()), [unit]).rows.sort_by(CUE_ID.name)
    write_table(out, (CUE_ID, *EMITS), rows)
    return rows


def loop(path: Path, parse: Callable[[bytes], Any]) -> int:
    """Parse every line and count the cues that hold an opening bracket."""
    found = 0
    with path.open("rb") as lines:
        for line in lines:
            for track in parse(line)["captions"]:
                for cue in track["subtitles"]["transcript"]["text"]:
                    text = cue["t"]
                    found += "[" in text or "(" in text or "{" in text
    return found


def parse_only(path: Path) -> None:
    """Parse every line with pysimdjson."""
    parser = simdjson.Parser()
    with path.open("rb") as lines:
        for line in lines:
            document = parser.parse(line)
            del document


def fastest(work: Callable[[], object]) -> float:
    """Return the seconds of the fastest of some runs."""
    seconds = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begun)
    return min(seconds)


def half(arguments: tuple[Path, Path, int, int, Any]) -> None:
    """Work on a range, having waited for the other process to be ready."""
    path, out, begin, end, barrier = arguments
    ours(path, out, begin, end)  # as warm as the one process is when it is measured
    barrier.wait()
    ours(path, out, begin, end)
    barrier.wait()


def two_processes(path: Path, folder: Path) -> float:
    """Return the seconds that two processes take, each on half of the file."""
    spawn = multiprocessing.get_context("spawn")
    size, barrier = path.stat().st_size, spawn.Barrier(3)
    halves = [(0, size // 2), (size // 2, size)]
    workers = [
        spawn.Process(target=half, args=((path, folder / f"{begin}.parquet", begin, end, barrier),))
        for begin, end in halves
    ]
    for worker in workers:
        worker.start()
    barrier.wait()
    begun = time.perf_counter()
    barrier.wait()
    seconds = time.perf_counter() - begun
    for worker in workers:
        worker.join()
    return seconds


def main() -> None:
    """Print a line for each way, and ratios."""
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 220
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        path, out = folder / "dump.jsonl", folder / "out.parquet"
        bracketed = make_dump(path, megabytes << 20)
        size = path.stat().st_size / 1e6
        print(f"{size:.0f} MB, {bracketed} bracketed lines")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        begun = time.perf_counter()
        ours(path, out, 0, 1 << 16)
        print(f"first use, which compiles or loads the compiled scan: {time.perf_counter() - begun:.1f} s")
        seconds = {"ours": fastest(lambda: ours(path, out))}
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(f"peak memory {peak / 1024:.0f} MiB ({before / 1024:.0f} MiB before)")
        seconds["pysimdjson, parse only"] = fastest(lambda: parse_only(path))
        seconds["orjson loop"] = fastest(lambda: loop(path, orjson.loads))
        seconds["json.loads loop"] = fastest(lambda: loop(path, json.loads))
        scanned = pq.read_table(out)
        with_scan, tracks.compiled_scan = tracks.compiled_scan, lambda: None
        seconds["full parse, the same path"] = fastest(lambda: ours(path, out))
        tracks.compiled_scan = with_scan
        print(f"rows: {scanned.num_rows}; identical to the full parse: {scanned.equals(pq.read_table(out))}")
        for name, took in seconds.items():
            print(f"{name:28} {size / took:7.0f} MB/s   ours is {took / seconds['ours']:5.2f} x this")
        minutes = DUMP_BYTES / 1e6 / size * seconds["ours"] / 60
        print(f"the whole dump ({DUMP_BYTES / 1e9:.0f} GB) on one core: {minutes:.0f} min")
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, range(os.cpu_count() or 1))
            print(f"two processes: {seconds['ours'] / two_processes(path, folder):.2f} x one")


if __name__ == "__main__":
    main()
