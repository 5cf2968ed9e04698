"""What annotating costs beside the model: the framework against a bare loop, one decode against several, buckets.

    python benchmarks/bench_annotate.py [--device cuda] [--copies 4]

BEATs at its published size with random weights, over the clips of the demo's videos (repeated). On a GPU the
straightforward loop over single clips is measured too, and how busy the GPU is.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from audsem_data import Project
from audsem_data.core.model import Device
from audsem_data.media.clips import decode_clip
from audsem_data.media.resample import resample
from audsem_data.models.audioset import names_by_mid
from audsem_data.models.beats import Beats, BeatsNetwork
from audsem_data.models.beats_encoder import BeatsSizes
from audsem_data.runtime.context import Context, RunOptions
from audsem_data.runtime.driver import Driver
from audsem_data.runtime.maintenance import invalidate
from audsem_data.runtime.session import Edits, driving, open_context
from audsem_data.storage.tars import iterate_clips

MAKE = Path(__file__).parents[1] / "docs" / "demo" / "make_videos.py"
RATE = 16_000
REPEATS = 3
BATCH = 64  # clips a call, as stages have it
PADDED = 16  # clips a padded batch
Array = np.ndarray[Any, Any]


def checkpoint(folder: Path) -> Path:
    """Save random weights in the published layout; return the file."""
    torch.manual_seed(0)
    sizes = BeatsSizes()
    path = folder / "beats.pt"
    held = {"cfg": asdict(sizes), "model": BeatsNetwork(sizes).state_dict()}
    torch.save({**held, "label_dict": dict(enumerate(names_by_mid()))}, path)
    return path


def prepared(folder: Path, copies: int) -> Path:
    """Return a workspace with clips in tars."""
    source = folder / "source"
    subprocess.run([sys.executable, MAKE, source, "6"], check=True)
    for path in list(source.rglob("demo-*")):
        for copy in range(1, copies):
            (path.parent / path.name.replace("demo-", f"copy{copy:02d}-")).symlink_to(path)
    Project(folder / "w", sources=[str(source)]).run(until="standardize", workers=0)
    return folder / "w"


def clips_of(workspace: Path, keys: frozenset[str]) -> list[Array]:
    """Decode and resample these clips, one after another, as a loop without a framework would."""
    found = []
    for tar in sorted((workspace / "standardize").rglob("*.tar")):
        for _, files in iterate_clips(tar, lambda key, suffix: key in keys and suffix == "flac"):
            if not files:
                continue
            samples, rate = decode_clip(files["flac"])
            found.append(resample(samples, rate, RATE))
    return found


def timed(work: Callable[[], object], repeats: int = REPEATS) -> float:
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


def redo(context: Context, driver: Driver, stages: Sequence[str]) -> None:
    """Forget what stages have made, spool included, and make it again."""
    for name in stages:
        invalidate(context, context.stage(name))
        shutil.rmtree(context.root / "cache" / name, ignore_errors=True)
    driver.run(stages)


def in_batches_of(clips: Sequence[Array], model: Beats) -> None:
    """Run a model over batches of the size that the stage has."""
    for begin in range(0, len(clips), BATCH):
        model(clips[begin : begin + BATCH])


def naive_padding(clips: Sequence[Array], model: Beats) -> None:
    """Run the network over batches in the clips' order, each padded to its longest; ignores what padding does."""
    with torch.inference_mode():
        for begin in range(0, len(clips), PADDED):
            batch = [torch.from_numpy(clip) for clip in clips[begin : begin + PADDED]]
            longest = max(len(clip) for clip in batch)
            features = [model.fbank(torch.nn.functional.pad(clip, (0, longest - len(clip)))) for clip in batch]
            model.network(torch.stack(features), torch.tensor([len(one) for one in features]))


def main() -> None:
    """Print each figure with its ratio."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--device", default="cpu")
    asked.add_argument("--copies", type=int, default=2, help="of the six demo videos")
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        weights, workspace = checkpoint(folder), prepared(folder, options.copies)
        run = RunOptions(workers=0, device=options.device)
        setting = f"annotate-beats.checkpoint={weights}"
        context, _ = open_context(workspace, Edits(settings=(setting,), stage="annotate-beats"), run)
        with driving(context, shown=False) as driver:
            whole = timed(lambda: redo(context, driver, ["annotate-beats"]))
            keys = frozenset(Project(workspace).read("annotate-beats")["clip_id"].to_pylist())
            model = Beats(weights, Device(options.device))
            bare = timed(lambda: in_batches_of(clips_of(workspace, keys), model))
            clips = clips_of(workspace, keys)
            seconds = sum(len(clip) for clip in clips) / RATE
            print(f"{len(clips)} clips, {seconds:.0f} s of sound, on {options.device}")
            print(f"bare loop {bare:.2f} s, through the framework {whole:.2f} s: overhead {whole / bare - 1:+.1%}")
            both = ["annotate-acoustics", "annotate-beats"]
            apart = timed(lambda: [redo(context, driver, [stage]) for stage in both])
            together = timed(lambda: redo(context, driver, both))
            print(f"acoustics and BEATs: one decode {together:.2f} s, two {apart:.2f} s: {apart / together:.3f} x")
        bucketed = timed(lambda: in_batches_of(clips, model))
        padded = timed(lambda: naive_padding(clips, model))
        alone = timed(lambda: [model([clip]) for clip in clips])
        print(f"bucketed {bucketed:.2f} s; batches padded in order {padded:.2f} s: {padded / bucketed:.2f} x")
        print(f"a clip at a time {alone:.2f} s: {alone / bucketed:.2f} x")


if __name__ == "__main__":
    main()
