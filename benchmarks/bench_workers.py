"""Time `standardize` with one worker and with two, on the demo's videos, one clip's video a shard."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMMAND = str(Path(sys.executable).parent / "audsem-data")
MAKE = Path(__file__).parents[1] / "docs" / "demo" / "make_videos.py"
VIDEOS = "12"
ROUNDS = 3


def run(*arguments: str) -> float:
    started = time.perf_counter()
    subprocess.run([COMMAND, *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        source, workspace = Path(name, "source"), str(Path(name, "workspace"))
        subprocess.run([sys.executable, MAKE, source, VIDEOS], check=True)
        where = ["--workspace", workspace]
        run(
            "run",
            "--source",
            str(source),
            *where,
            "--until",
            "score-duration",
            "--set",
            "select-captions.shard_clips=5",
        )
        idle = min(run("score-duration", *where) for _ in range(ROUNDS))
        best: dict[int, float] = {}
        for _ in range(ROUNDS):
            for workers in (1, 2):
                run("invalidate", "standardize", *where)
                took = run("standardize", *where, "--workers", str(workers)) - idle
                best[workers] = min(took, best.get(workers, took))
        print(f"standardize, {VIDEOS} videos of about 25 s, less the {idle:.2f} s of a command with nothing to do:")
        print(f"one worker {best[1]:.2f} s, two workers {best[2]:.2f} s: {best[1] / best[2]:.2f} x")


if __name__ == "__main__":
    main()
