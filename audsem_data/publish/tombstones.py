"""What was taken down, told without a name: `removed.jsonl`, in the workspace and in every dataset after it."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from audsem_data.storage.location import LocalLocation

REMOVED = "removed.jsonl"


def read_tombstones(root: Path) -> bytes | None:
    """Return the file of a workspace, or None where nothing was taken down."""
    path = root / REMOVED
    return path.read_bytes() if path.is_file() else None


def add_tombstones(root: Path, videos: Sequence[str]) -> None:
    """Note that videos were taken down today; one that is there already keeps its date."""
    before = (read_tombstones(root) or b"").decode()
    known = {json.loads(line)["video_sha256"] for line in before.splitlines()}
    today = datetime.now(UTC).date().isoformat()
    lines = [
        json.dumps({"video_sha256": digest, "removed": today})
        for digest in dict.fromkeys(name_of(video) for video in videos)
        if digest not in known
    ]
    if lines:
        LocalLocation(root).put(REMOVED, (before + "\n".join(lines) + "\n").encode())


def name_of(video_id: str) -> str:
    """Return the SHA-256 by which a video is told of."""
    return hashlib.sha256(video_id.encode()).hexdigest()
