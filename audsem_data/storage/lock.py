"""One driver a stage: a lock that names its holder and that the kernel releases when the holder dies."""

import fcntl
import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from audsem_data.core.errors import StageBusyError
from audsem_data.storage.location import storage_errors


@contextmanager
def stage_lock(path: Path, stage: str) -> Iterator[None]:
    """Hold the stage's lock file; raises StageBusyError that names the process which already does.

    Readers never lock. The file stays behind and means nothing by itself: only the kernel's lock on it does,
    so a holder that was killed leaves nothing to clean up.
    """
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StageBusyError(
                f"{stage} is already being run by {_holder(path)}; wait for it, or stop it first"
            ) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps(_myself()).encode(), 0)
        yield
    finally:
        os.close(handle)


def _myself() -> dict[str, str | int]:
    return {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": " ".join([Path(sys.argv[0]).name, *sys.argv[1:]]),
    }


def _holder(path: Path) -> str:
    try:
        who = json.loads(path.read_bytes())
    except ValueError:
        return "another process that is just starting"
    return f"process {who['pid']} on {who['host']} since {who['since']} ({who['command']})"
