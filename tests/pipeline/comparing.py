"""Whether a workspace is what an undisturbed run would have left."""

import hashlib
import json
from pathlib import Path
from typing import Any


def data_files(workspace: Path) -> dict[str, str]:
    """Return the digest of every committed data file, the frozen partition and the dataset."""
    found = [*workspace.glob("*/v*/part-*.parquet"), *workspace.glob("*/v*/part-*.tar")]
    found += [path for path in (workspace / "audsem").rglob("*") if path.is_file()]
    found.append(workspace / "partition.json")
    return {str(path.relative_to(workspace)): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def stray_files(workspace: Path) -> set[str]:
    """Return the files of stages and dataset that nothing names."""
    named = {"units.json", "plan.json", "state.json"}
    for record in records(workspace):
        named.add(f"part-{record['shard']:05d}.json")
        named |= {record[what]["name"] for what in ("data", "outcomes", "tar") if record[what]}
    here = {path.name for path in workspace.glob("*/v*/*")} - named
    top = {path.name for path in workspace.iterdir() if path.is_file()} - {"recipe.yaml", "partition.json"}
    return here | top | {path.name for path in workspace.iterdir() if path.name.startswith(".")}


def unreconciled(workspace: Path) -> list[str]:
    """Return the shards whose outcomes do not add up to their rows."""
    return [r["stage"] for r in records(workspace) if sum(r["counts"].values()) != r["rows_in"]]


def records(workspace: Path) -> list[dict[str, Any]]:
    """Return every record of a workspace."""
    return [json.loads(path.read_text()) for path in workspace.glob("*/v*/part-*.json")]
