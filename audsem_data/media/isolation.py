"""Call functions in a process of its own that a budget of time and memory can stop.

For what works on untrusted media: a decoder that hangs, crashes or asks for all memory costs its call, never the
worker. The process serves call after call; one that was stopped is replaced at the next call.
"""

import os
import select
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from audsem_data.core.errors import AudsemError
from audsem_data.media.isolated import read_message, write_message


class OverrunError(Exception):
    """The call took longer than its budget of time."""


class DiedError(Exception):
    """The process died on the call, or ran out of the memory that it may take."""


class RaisedError(Exception):
    """The function raised an error that is none of ours; the message names it."""


class Isolated:
    """A process that calls functions for this one; lives as long as this object's owner, or until it is closed.

    It is replaced when half of its memory is gone after a call: what a codec leaves behind where memory ran out
    shall not cost the next file.
    """

    def __init__(self, memory: int) -> None:
        """Set how many bytes of memory calls may take beyond what the process holds at rest (Linux)."""
        self._memory = memory
        self._running: list[subprocess.Popen[bytes]] = []
        weakref.finalize(self, _stop, self._running)

    def call(self, function: Callable[..., Any], *arguments: Any, seconds: float) -> Any:
        """Return what the function returns, within so many seconds.

        Function, arguments and result travel by pickling. Errors of ours (AudsemError) are raised as they are.
        Time for which the function calls `isolated.pause_clock` is not counted.

        Raises:
            OverrunError: the time is over; the process and its children were killed.
            DiedError: the process died, or ran out of its memory.
            RaisedError: the function raised something unforeseen.
        """
        process = self._running[0] if self._running else self._start()
        assert process.stdin and process.stdout
        deadline = time.monotonic() + seconds
        try:
            write_message(process.stdin, (function, arguments))
            while True:
                left = deadline - time.monotonic()
                if left <= 0 or not select.select([process.stdout], [], [], left)[0]:
                    self.close()
                    raise OverrunError(f"it took longer than {seconds:g} s")
                kind, value, fit = read_message(process.stdout)
                if kind != "paused":
                    break
                deadline += value
            if not fit:
                self.close()
        except (BrokenPipeError, EOFError) as error:
            raise DiedError(f"the process that worked on it died ({self.close()})") from error
        if kind == "returned":
            return value
        if isinstance(value, AudsemError):
            raise value
        raise (DiedError if kind == "out of memory" else RaisedError)(str(value))

    def close(self) -> str:
        """Kill the process and all that it started; returns how it ended."""
        return _stop(self._running)

    def _start(self) -> "subprocess.Popen[bytes]":
        # -P: what lies in the user's current folder is no module of ours.
        command = [sys.executable, "-P", "-m", "audsem_data.media.isolated", str(self._memory)]
        # No buffer on our side: what lies in one is not seen by select.
        process = subprocess.Popen(
            command, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        self._running.append(process)
        return process

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _stop(running: "list[subprocess.Popen[bytes]]") -> str:
    """Kill the process, if there is one, and all that it started; returns how it ended."""
    if not running:
        return "not running"
    process = running.pop()
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    for pipe in (process.stdin, process.stdout):
        with suppress(BrokenPipeError):
            if pipe:
                pipe.close()
    code = process.wait()
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
