"""Who ran what, when, with which versions: one file a run in logs/, which records refer to by name."""

import json
import logging
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from audsem_data.storage.workspace import Workspace

# What can change a stage's bytes or numbers.
LIBRARIES = (
    "audsem-data",
    "av",
    "datasets",
    "imageio-ffmpeg",
    "numpy",
    "pyarrow",
    "scipy",
    "soundfile",
    "soxr",
    "torch",
    "transformers",
    "yt-dlp",
)


@contextmanager
def logged_run(workspace: Workspace) -> Iterator[str]:
    """Write the run's provenance, keep its log while the block lasts, and give the run's name."""
    now = datetime.now(UTC)
    run = f"{now:%Y%m%dT%H%M%S}-{os.getpid()}"
    value = {
        "run": run,
        "command": [Path(sys.argv[0]).name, *sys.argv[1:]],
        "started": now.isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpu": platform.processor() or platform.machine(),
        "versions": versions(),
    }
    workspace.location.put(f"logs/{run}.json", json.dumps(value, indent=1).encode() + b"\n")
    handler = logging.FileHandler(workspace.location.local(f"logs/{run}.log"), delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger = logging.getLogger("audsem_data")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield run
    finally:
        logger.removeHandler(handler)
        handler.close()


def versions() -> dict[str, str]:
    """Return the installed versions of the libraries that outputs depend on."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
