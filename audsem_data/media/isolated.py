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


def read_message(stream: IO[bytes]) -> Any:
    """Return the next message of a pipe; raises EOFError when there are no more."""
    head = stream.read(HEAD.size)
    if len(head) < HEAD.size:
        raise EOFError("the pipe has ended")
    (length,) = HEAD.unpack(head)
    return pickle.loads(stream.read(length))


def write_message(stream: IO[bytes], message: Any) -> None:
    """Write a message to a pipe."""
    payload = pickle.dumps(message)
    stream.write(HEAD.pack(len(payload)) + payload)
    stream.flush()


def pause_clock(seconds: float) -> None:
    """Tell the caller that the function is about to wait on purpose, for so long; nothing where there is none."""
    for stream in _answers:
        write_message(stream, ("paused", seconds))


def main() -> None:
    """Serve calls until the pipe ends."""
    calls, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints shall not stand between the answers
    _answers.append(answers)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    memory: int | None = int(sys.argv[1])
    while True:
        try:
            function, arguments = read_message(calls)
        except EOFError:
            return
        if memory:  # only now, as the modules that the first call names are in memory too
            _limit(memory)
            memory = None
        caught = _Caught()
        with caught:
            value = function(*arguments)
        write_message(answers, caught.error or ("returned", value))


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


def _limit(memory: int) -> None:
    """Let this process and its children take so many bytes more than it has now; where the system can say."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        most = int(statm.read_text().split()[0]) * resource.getpagesize() + memory
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_WATCH_S)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    # As the module that callers import, so that there is one `pause_clock`.
    from audsem_data.media.isolated import main as serve

    serve()
