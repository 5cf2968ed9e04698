"""Locks that name their holder and that the kernel releases when it dies: of a stage, and of a workspace."""

import fcntl
import json
import os
import socket
import sys
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from audsem_data.core.errors import StageBusyError
from audsem_data.storage.location import storage_errors


def stage_lock(path: Path, stage: str) -> AbstractContextManager[str]:
    """Hold the stage's lock file, and give the lease; raises StageBusyError that names the process which holds it.

    The lease is an id that no other holder has or had: see `check_lease`.

    Readers never lock. The file stays behind and means nothing by itself: only the kernel's lock on it does,
    so a holder that was killed leaves nothing to clean up.
    """
    return _held(path, f"{stage} is already being run", fcntl.LOCK_EX)


def check_lease(path: Path, stage: str, lease: str) -> None:
    """Raise StageBusyError unless the stage's lock was last taken under this lease.

    A worker that outlived its driver, on another machine for one, finds here that the stage has a new holder.
    """
    try:
        found = json.loads(path.read_bytes()).get("lease")
    except (FileNotFoundError, ValueError):
        found = None
    if found != lease:
        raise StageBusyError(f"{stage} was taken over while this went on; nothing was committed here")


def workspace_lock(root: Path, *, alone: bool = False) -> AbstractContextManager[str]:
    """Hold the workspace, with others who write to it or alone; raises StageBusyError.

    Whoever writes to a workspace holds it from the first to the last stage: between two stages a run holds no
    stage's lock. Who must find nothing half done, and nothing begun under an older exclude.txt, holds it alone.
    """
    path = root / "logs" / ".lock"
    return _held(path, f"{root} is in use", fcntl.LOCK_EX if alone else fcntl.LOCK_SH)


@contextmanager
def _held(path: Path, busy: str, how: int) -> Iterator[str]:
    lease = uuid.uuid4().hex
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, how | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StageBusyError(f"{busy} by {_holder(path)}; wait for it, or stop it first") from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps({**_myself(), "lease": lease}).encode(), 0)
        yield lease
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
