"""What annotating costs beside the model: whole commands, classes and bare networks, side by side.

    python benchmarks/bench_annotate.py [--device cuda] [--copies 16] [--workers 8]

Networks of the published sizes with random weights, over the clips of the demo's videos (repeated). A model's line
tells the clips a second of the whole command (reading, decoding, resampling, the model, writing), of our class on
decoded clips, of the bare network on prepared batches of clips of the same number, and of a plain loop that gives
the class one clip after another; how long the GPU's kernels ran of the class's time and the command's; and what
rounding does to the answers: the largest difference to float32, and the clips whose five likeliest classes change.
"""

import argparse
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from published_sizes import MODELS, Measured, save

from audsem_data import Project
from audsem_data.core.model import Device
from audsem_data.media.clips import decode_clip
from audsem_data.media.resample import resample
from audsem_data.models.placement import batch_samples, torch_device
from audsem_data.runtime.context import Context, RunOptions
from audsem_data.runtime.driver import Driver
from audsem_data.runtime.maintenance import invalidate
from audsem_data.runtime.session import Edits, driving, open_context
from audsem_data.storage.tars import iterate_clips

MAKE = Path(__file__).parents[1] / "docs" / "demo" / "make_videos.py"
CALL = 256  # clips a call on a GPU; 64 on a processor
COLUMNS = (
    "",
    "command, clips/s",
    "class, clips/s",
    "bare network, clips/s",
    "class of bare",
    "GPU busy, class",
    "GPU busy, command",
    "class of one clip at a time",
    "largest difference, top five changed",
)
Array = np.ndarray[Any, Any]


def prepared(folder: Path, copies: int, workers: int) -> Path:
    """Return a workspace with clips in tars."""
    source = folder / "source"
    subprocess.run([sys.executable, MAKE, source, "6"], check=True)
    for path in list(source.rglob("demo-*")):
        for copy in range(1, copies):
            (path.parent / path.name.replace("demo-", f"copy{copy:02d}-")).symlink_to(path)
    Project(folder / "w", sources=[str(source)]).run(until="standardize", workers=workers)
    return folder / "w"


def clips_of(workspace: Path, rate: int) -> list[Array]:
    """Decode and resample the clips, one after another."""
    found = []
    for tar in sorted((workspace / "standardize").rglob("*.tar")):
        for _, files in iterate_clips(tar, lambda _, suffix: suffix == "flac"):
            if files:
                found.append(resample(*decode_clip(files["flac"]), rate))
    return found


def timed(work: Callable[[], object], repeats: int = 2) -> float:
    """Return the median seconds of some runs, after one that does not count."""
    seconds = []
    for turn in range(repeats + 1):
        begun = time.perf_counter()
        work()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        if turn:
            seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds)


def busy(work: Callable[[], object], device: Device) -> str:
    """Return which part of the time the GPU's kernels ran, for a person."""
    if torch_device(device).type != "cuda":
        return "-"
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as profile:
        begun = time.perf_counter()
        work()
        torch.cuda.synchronize()
        whole = time.perf_counter() - begun
    return f"{sum(event.self_device_time_total for event in profile.key_averages()) / 1e6 / whole:.0%}"


def redo(context: Context, driver: Driver, stages: Sequence[str]) -> None:
    """Forget what stages have made, spool included, and make it again."""
    for name in stages:
        invalidate(context, context.stage(name))
        shutil.rmtree(context.root / "cache" / name, ignore_errors=True)
    driver.run(stages)


def round_products(rounded: bool) -> None:
    """Let a GPU round the factors of float32 products to TF32, or not."""
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = rounded


def differences(ours: Sequence[Array | None], exact: Sequence[Array | None]) -> str:
    pairs = [(a, b) for a, b in zip(ours, exact, strict=True) if a is not None and b is not None]
    largest = max(float(np.abs(a - b).max()) for a, b in pairs)
    changed = sum(
        not np.array_equal(np.sort(np.argsort(-a)[..., :5]), np.sort(np.argsort(-b)[..., :5])) for a, b in pairs
    )
    return f"{largest:.1e}, {changed} of {len(pairs)}"


def report(name: str, kind: Measured, path: Path, clips: Sequence[Array], device: Device, run: Any) -> None:
    """Print a model's lines, one a precision."""
    exact: list[Array | None] = []
    gpu = torch_device(device).type == "cuda"
    call = CALL if gpu else 64
    few = clips[:: max(1, len(clips) // 48)]
    for precision in ("float32", "TF32", "bfloat16") if gpu else ("float32",):
        model = kind.load(path, device, "bfloat16" if precision == "bfloat16" else "float32")
        round_products(precision == "TF32")
        size = max(1, batch_samples(torch_device(device), kind.rate) // max(map(len, clips)))
        with torch.inference_mode():
            batches = [
                kind.prepare(model, sorted(clips, key=len)[i : i + size]) for i in range(0, len(clips), size)
            ]

        def ours(model: Any = model) -> list[Array | None]:
            return [row for i in range(0, len(clips), call) for row in kind.run(model, clips[i : i + call])]

        def bare(model: Any = model, batches: Any = batches) -> None:
            with torch.inference_mode():
                for batch in batches:
                    kind.network(model, batch)

        answers = ours()
        exact = exact or answers
        whole, network = timed(ours), timed(bare)
        alone = timed(lambda model=model: [kind.run(model, [clip]) for clip in few], 1) / len(few) * len(clips)
        command = run(name, path, precision) if precision != "TF32" else ("", "")
        print(
            f"| {name} {precision} | {command[0]} | {len(clips) / whole:.0f} | {len(clips) / network:.0f} "
            f"| {network / whole:.2f} | {busy(ours, device)} | {command[1]} | {alone / whole:.1f} "
            f"| {differences(answers, exact)} |",
            flush=True,
        )
        round_products(False)


def commands(workspace: Path, device: Device) -> Callable[[str, Path, str], tuple[str, str]]:
    """Return what measures a whole command: its clips a second, and how busy the GPU is."""

    def run(name: str, path: Path, precision: str) -> tuple[str, str]:
        settings = (f"{name}.checkpoint={path}", f"{name}.dtype={precision}")
        own = workspace.with_name(f"{name}-{precision}")
        shutil.copytree(workspace, own, symlinks=True)
        context, _ = open_context(
            own, Edits(settings=settings, stage=name), RunOptions(workers=0, device=device.name)
        )
        with driving(context, shown=False) as driver:
            seconds = timed(lambda: redo(context, driver, [name]))
            rows = len(Project(own).read(name))
            return f"{rows / seconds:.0f}", busy(lambda: redo(context, driver, [name]), device)

    return run


def together(workspace: Path, paths: dict[str, Path], device: Device, names: Sequence[str]) -> None:
    """Print what stages take in one command, beside the sum and the longest of theirs alone."""
    settings = tuple(f"{name}.checkpoint={paths[name]}" for name in names if name in paths)
    run = RunOptions(workers=0, device=device.name)
    for name in names:
        open_context(workspace, Edits(stage=name), run)
    context, _ = open_context(workspace, Edits(settings=settings), run)
    with driving(context, shown=False) as driver:
        apart = [timed(lambda name=name: redo(context, driver, [name]), 1) for name in names]
        both = timed(lambda: redo(context, driver, names), 1)
    print(f"{' + '.join(names)}: together {both:.2f} s; alone {sum(apart):.2f} s, the longest {max(apart):.2f} s")


def main() -> None:
    """Print each figure with its ratio."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--device", default="cpu")
    asked.add_argument("--copies", type=int, default=1, help="of the six demo videos")
    asked.add_argument("--workers", type=int, default=0, help="that make the clips")
    asked.add_argument("--models", nargs="*", default=list(MODELS))
    options = asked.parse_args()
    device = Device(options.device)
    gpu = torch_device(device).type == "cuda"
    with tempfile.TemporaryDirectory() as name:
        paths = save(Path(name))
        workspace = prepared(Path(name), options.copies, options.workers)
        clips = {rate: clips_of(workspace, rate) for rate in {kind.rate for kind in MODELS.values()}}
        seconds = sum(map(len, clips[16_000])) / 16_000
        where = torch.cuda.get_device_name() if gpu else f"{torch.get_num_threads()} threads"
        print(f"{len(clips[16_000])} clips of {seconds:.0f} s on {where}, torch {torch.__version__}")
        print(f"| {' | '.join(COLUMNS)} |")
        print("| --- " * len(COLUMNS) + "|")
        for stage in options.models:
            kind = MODELS[stage]
            report(stage, kind, paths[stage], clips[kind.rate], device, commands(workspace, device))
        together(workspace, paths, device, ["annotate-acoustics", "annotate-beats"])
        together(workspace, paths, device, options.models)
        print(f"most memory of the process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.1f} GiB")


if __name__ == "__main__":
    main()
