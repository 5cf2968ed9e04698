"""Time `standardize` with one worker and with two, on copies of the demo's videos, a video a shard."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMMAND = str(Path(sys.executable).parent / "audsem-data")
MAKE = Path(__file__).parents[1] / "docs" / "demo" / "make_videos.py"
VIDEOS = 6
COPIES = 12
ROUNDS = 3


def run(*arguments: str) -> float:
    started = time.perf_counter()
    subprocess.run([COMMAND, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def multiply(source: Path) -> None:
    for path in list(source.rglob("demo-*")):
        for copy in range(1, COPIES):
            (path.parent / path.name.replace("demo-", f"copy{copy:02d}-")).symlink_to(path)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        source, workspace = Path(name, "source"), str(Path(name, "workspace"))
        subprocess.run([sys.executable, MAKE, source, str(VIDEOS)], check=True)
        multiply(source)
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
        print(f"standardize, {VIDEOS * COPIES} videos, less the {idle:.2f} s of a command with nothing to do:")
        print(f"one worker {best[1]:.2f} s, two workers {best[2]:.2f} s: {best[1] / best[2]:.2f} x")


if __name__ == "__main__":
    main()
