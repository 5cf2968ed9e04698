"""What `test_isolation` has called in another process."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from audsem_data.core.errors import UsageError
from audsem_data.media.isolated import pause_clock


def double(number: int) -> int:
    return number * 2


def hang_with_a_child(note: str) -> None:
    child = subprocess.Popen(["sleep", "60"])
    Path(note).write_text(str(child.pid))
    time.sleep(60)


def die() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def hoard() -> int:
    return len(bytearray(1 << 31))


def refuse() -> None:
    raise UsageError("not like this")


def break_down() -> None:
    raise KeyError("nobody foresaw it")


def wait_with_leave(seconds: float) -> str:
    pause_clock(seconds)
    time.sleep(seconds)
    return "done"


def pause_often() -> str:
    for _ in range(200):
        pause_clock(0)
    return "answer"


def echo(data: bytes) -> bytes:
    return data


def chatter() -> str:
    sys.stdout.write("what a library prints\n")
    sys.stdout.flush()
    return "answer"
