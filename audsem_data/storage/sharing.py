"""Giving a committed file a second name, so that a change in place of one cannot damage the other."""

import errno
import fcntl
import shutil
import sys
from pathlib import Path

_FICLONE = 0x40049409  # Linux: share the blocks of another file until one of the two is written to
_CANNOT_CLONE = (errno.EOPNOTSUPP, errno.ENOTTY, errno.EINVAL, errno.EXDEV, errno.ENOSYS, errno.EPERM, errno.EACCES)
_CANNOT_LINK = (errno.EXDEV, errno.EPERM, errno.EACCES, errno.EMLINK, errno.ENOTSUP, errno.ENOSYS)
_READ_ONLY = 0o444


def share(made_from: Path, path: Path) -> None:
    """Make `path` the same content as a file: its clone, else a link that nobody can write to, else a copy.

    A clone shares blocks, a link the file itself, which becomes read-only under both names. Size and time of change
    are those of the file.
    """
    if _clone(made_from, path):
        shutil.copystat(made_from, path)
        return
    try:
        path.hardlink_to(made_from)
        made_from.chmod(_READ_ONLY)
    except OSError as error:
        if error.errno not in _CANNOT_LINK:
            raise
        path.unlink(missing_ok=True)
        shutil.copy2(made_from, path)


def is_exposed(made_from: Path, path: Path) -> bool:
    """Say whether a change in place of one of the two would change the other."""
    return path.samefile(made_from) and path.stat().st_mode & 0o222 != 0


def _clone(made_from: Path, path: Path) -> bool:
    if sys.platform != "linux":
        return False
    with made_from.open("rb") as source, path.open("xb") as target:
        try:
            fcntl.ioctl(target.fileno(), _FICLONE, source.fileno())
        except OSError as error:
            if error.errno not in _CANNOT_CLONE:
                raise
        else:
            return True
    path.unlink()
    return False
