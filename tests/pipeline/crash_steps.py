"""Run the command line again and again, each time ending the process at the next step of its commits.

    python -m pipeline.crash_steps FIRST STRIDE REFERENCE WORKSPACE ARGUMENTS...

Every fsync, rename and deletion, and every write to a spool, is a step; the process ends before it, or in the
middle of a spool's write. The parent imports once and forks a child for each step, so that hundreds of crashes
take minutes. After each, the command is run again, and the workspace compared with REFERENCE, which no crash
disturbed. A run that ends before its step ends the loop; the number of crashes is printed.
"""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from audsem_data.cli.main import main
from audsem_data.runtime.discovery import load_stages
from audsem_data.storage import spool

from .comparing import data_files, stray_files, unreconciled

CRASHED = 137


class Countdown:
    """Ends the process at the nth step."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def before(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function, counted."""

        def counted(*arguments: Any, **named: Any) -> Any:
            self.step()
            return function(*arguments, **named)

        return counted

    def step(self, last_words: Callable[[], object] = lambda: None) -> None:
        """Count a step."""
        self.left -= 1
        if self.left == 0:
            last_words()
            os._exit(CRASHED)


class TornStream:
    """A spool's stream, of whose nth write only a part arrives."""

    def __init__(self, stream: Any, countdown: Countdown) -> None:
        self._stream, self._countdown = stream, countdown

    def write(self, data: bytes) -> int:
        """Write, or write half and end."""

        def tear() -> None:
            self._stream.write(data[: len(data) // 2])
            self._stream.flush()

        self._countdown.step(tear)
        return int(self._stream.write(data))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def child(steps: int, arguments: list[str]) -> int:
    """Run the command in this forked child; returns its exit code if no step ended it."""
    countdown = Countdown(steps)
    for name in ("fsync", "replace", "rename", "unlink", "link"):
        setattr(os, name, countdown.before(getattr(os, name)))
    writer = spool.Spool._writer

    def torn(self: spool.Spool) -> tuple[Path, Any]:
        segment, stream = writer(self)
        return segment, TornStream(stream, countdown)

    spool.Spool._writer = torn  # type: ignore[method-assign]
    sys.argv = ["audsem-data", *arguments]
    sys.stdout = sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115  (the process ends with it)
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def crash_at(steps: int, arguments: list[str]) -> int:
    """Return the exit code of a run that is to end at a step."""
    process = os.fork()
    if process == 0:
        os._exit(child(steps, arguments))
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def resumed(workspace: Path, arguments: list[str], steps: int) -> int:
    """Crash at a step in a fresh workspace, resume, and leave the workspace; returns the first exit code."""
    shutil.rmtree(workspace, ignore_errors=True)
    code = crash_at(steps, arguments)
    if crash_at(-1, arguments) != 0:
        sys.exit(f"after a crash at step {steps} the run does not complete")
    return code


def loop() -> None:
    """Crash at every step of the command."""
    first, stride, reference, workspace, *arguments = sys.argv[1:]
    load_stages()
    wanted = data_files(Path(reference))
    crashes, steps = 0, int(first)
    while resumed(Path(workspace), [*arguments, "--workspace", workspace], steps) == CRASHED:
        if data_files(Path(workspace)) != wanted or unreconciled(Path(workspace)) or stray_files(Path(workspace)):
            sys.exit(f"after a crash at step {steps} the workspace is not what it should be")
        crashes, steps = crashes + 1, steps + int(stride)
    sys.stdout.write(f"{crashes}\n")


if __name__ == "__main__":
    loop()
