"""`--source -`: what comes through standard input is kept in the workspace, as a source like any other."""

import hashlib
import sys
from pathlib import Path

from audsem_data.core.errors import InputError
from audsem_data.storage.location import LocalLocation, storage_errors

FOLDER = "sources"
_BLOCK = 1 << 20
_MAGIC = {b"\x1f\x8b": ".jsonl.gz", b"\x28\xb5\x2f\xfd": ".jsonl.zst", b"PAR1": ".parquet"}


def keep_standard_input(root: Path) -> Path:
    """Read standard input to its end into a file of the workspace; returns its path.

    The same content again is the same file. Raises InputError for what is neither a Filmot dump (also .gz or .zst)
    nor a table: a subtitle file's name says whose it is, and a pipe has none.
    """
    location = LocalLocation(root)
    scratch = location.scratch(FOLDER)
    hashed, head = hashlib.sha256(), b""
    with storage_errors(scratch), scratch.open("wb") as file:
        while block := sys.stdin.buffer.read(_BLOCK):
            head = head or block[:4096]
            hashed.update(block)
            file.write(block)
    suffix = _suffix(head)
    if suffix is None:
        scratch.unlink()
        raise InputError(
            "standard input is neither a Filmot dump nor a CSV or Parquet table with its header; give subtitles "
            "by their folder, as their names say whose they are"
        )
    name = f"{FOLDER}/stdin-{hashed.hexdigest()[:16]}{suffix}"
    if location.local(name).exists():
        scratch.unlink()
    else:
        location.publish(scratch, name)
    return location.local(name).absolute()


def _suffix(head: bytes) -> str | None:
    for magic, suffix in _MAGIC.items():
        if head.startswith(magic):
            return suffix
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"{"):
        return ".jsonl"
    header = text.partition(b"\n")[0].lower().decode("utf-8", "replace")
    return ".csv" if "text" in header and "," in header else None
