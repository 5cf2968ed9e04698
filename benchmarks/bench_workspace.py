"""Time `--help`, `status` and a rerun with nothing to do, on a real workspace of many shards.

The workspace is made by the pipeline itself from as many short sounds, one clip a shard. `AUDSEM_BENCH_SHARDS`
sets how many (1,000 takes some minutes to make).
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

COMMAND = str(Path(sys.executable).parent / "audsem-data")
SHARDS = int(os.environ.get("AUDSEM_BENCH_SHARDS", "1000"))
RATE = 8000
SECONDS = 3.2


def make_sources(folder: Path) -> None:
    (folder / "videos").mkdir(parents=True)
    (folder / "subtitles").mkdir()
    time_axis = np.arange(int(SECONDS * RATE)) / RATE
    for number in range(SHARDS):
        wave = 0.5 * np.sin(2 * np.pi * (200 + number) * time_axis) * (time_axis % 0.5 < 0.3)
        soundfile.write(folder / "videos" / f"sound{number:05d}.wav", wave, RATE)
        text = "WEBVTT\n\n00:00:00.000 --> 00:00:03.100\n[alarm beeping]\n"
        (folder / "subtitles" / f"sound{number:05d}.en.vtt").write_text(text)


def timed(*arguments: str) -> float:
    started = time.perf_counter()
    subprocess.run([COMMAND, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        source, workspace = Path(name, "source"), Path(name, "workspace")
        make_sources(source)
        sizes = ["--set", "ingest.shard_units=1", "--set", "select-captions.shard_clips=1"]
        build = timed("run", "--source", str(source), "--workspace", str(workspace), "--workers", "2", *sizes)
        print(f"built {SHARDS} shards of all stages, two workers: {build:.1f} s")
        where = ["--workspace", str(workspace)]
        baseline = min(timed("--help") for _ in range(5))
        print(f"audsem-data --help: {baseline:.2f} s")
        for label, arguments in (("status", ["status", *where]), ("rerun with nothing to do", ["run", *where])):
            best = min(timed(*arguments) for _ in range(3))
            print(f"{label}: {best:.2f} s ({best / baseline:.1f} x --help, {best / build:.4f} of the first run)")


if __name__ == "__main__":
    main()
