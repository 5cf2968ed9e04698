"""The process behind `media.isolation`: reads calls from standard input, answers on what was standard output.

Run as `python -m audsem_data.media.isolated MEMORY`. It ends when its caller does, however that ends.
"""

import os
import pickle
import resource
import signal
import struct
import sys
import threading
import time
import traceback
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from audsem_data.core.errors import AudsemError

HEAD = struct.Struct("<Q")
_answers: list[IO[bytes]] = []
_WATCH_S = 0.5
_STATM = Path("/proc/self/statm")


def read_message(stream: IO[bytes]) -> Any:
    """Return the next message of a pipe, reading no byte beyond it; raises EOFError when there are no more."""
    (length,) = HEAD.unpack(_read(stream, HEAD.size))
    return pickle.loads(_read(stream, length))


def write_message(stream: IO[bytes], message: Any) -> None:
    """Write a message to a pipe."""
    payload = pickle.dumps(message)
    left = memoryview(HEAD.pack(len(payload)) + payload)
    while left:  # a pipe without a buffer may take a part
        left = left[stream.write(left) :]
    stream.flush()


def _read(stream: IO[bytes], count: int) -> bytes:
    """Return so many bytes; a pipe without a buffer gives what is there."""
    pieces = []
    while count:
        piece = stream.read(count)
        if not piece:
            raise EOFError("the pipe has ended")
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)


def pause_clock(seconds: float) -> None:
    """Tell the caller that the function is about to wait on purpose, for so long; nothing where there is none."""
    for stream in _answers:
        write_message(stream, ("paused", seconds, True))


def memory_left() -> int | None:
    """Return how many bytes of memory this process may still take; None where nothing bounds it."""
    most, _ = resource.getrlimit(resource.RLIMIT_DATA)
    return None if most == resource.RLIM_INFINITY or not _STATM.exists() else most - _in_use()


def main() -> None:
    """Serve calls until the pipe ends."""
    calls, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints shall not stand between the answers
    _answers.append(answers)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    memory, at_rest = int(sys.argv[1]), 0
    while True:
        try:
            function, arguments = read_message(calls)
        except EOFError:
            return
        if not at_rest:  # only now, as the modules that the first call names are in memory too
            at_rest = _in_use()
            _limit(at_rest + memory)
        caught = _Caught()
        with caught:
            value = function(*arguments)
        answer = caught.error or ("returned", value)
        write_message(answers, (*answer, _in_use() < at_rest + memory // 2))


class _Caught:
    """Remembers what a call raised as a message: our errors as they are, others as text."""

    def __init__(self) -> None:
        self.error: tuple[str, AudsemError | str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if isinstance(error, AudsemError):
            self.error = ("raised", error)
        elif isinstance(error, MemoryError):
            self.error = ("out of memory", "it asked for more memory than it may take")
        elif isinstance(error, Exception):
            where = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{Path(where.filename).name}, line {where.lineno}"
            self.error = ("raised", f"{type(error).__name__}: {error} ({place})")
        return isinstance(error, Exception)


def _in_use() -> int:
    """Return the bytes of memory that this process may write to; 1 where the system cannot say."""
    return int(_STATM.read_text().split()[5]) * resource.getpagesize() if _STATM.exists() else 1


def _limit(most: int) -> None:
    """Let this process, and each of its children, write to so many bytes; where the system can say what it has.

    Address space is free: a JavaScript runtime reserves gigabytes of it, and dies where it may not.
    """
    if _STATM.exists():
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_WATCH_S)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    # As the module that callers import, so that there is one `pause_clock`.
    from audsem_data.media.isolated import main as serve

    serve()
