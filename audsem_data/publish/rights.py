"""What a dataset may say and show: whether it holds sound, and whether its clips have a licence."""

from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq


def holds_audio(folder: Path) -> bool:
    """Say whether any file of a dataset has an audio column."""
    return any("audio" in pq.read_schema(path).names for path in (folder / "data").rglob("*.parquet"))


def without_licence(folder: Path) -> int:
    """Return how many clips that carry sound name no licence."""
    missing = set[str]()
    for path in (folder / "data").rglob("*.parquet"):
        if "audio" in pq.read_schema(path).names:
            table = pq.read_table(path, columns=["clip_id", "license"])
            missing.update(table.filter(pc.is_null(table["license"]))["clip_id"].to_pylist())
    return len(missing)
