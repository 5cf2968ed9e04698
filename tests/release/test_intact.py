"""What is announced is what was committed: damage is found by the next run, and none can hurt two files at once."""

import os
from pathlib import Path
from typing import Any

import pytest

from audsem_data.core.errors import CorruptionError, EmptyDatasetError
from audsem_data.publish.checks import check_bytes, check_dataset
from audsem_data.publish.manifest import MANIFEST, make_manifest
from audsem_data.storage.digests import file_sha256


def flip(path: Path) -> None:
    """Change a byte in place, and hide it as well as a program can."""
    status = path.stat()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def data_file(dataset: Path) -> Path:
    return next(iter(sorted((dataset / "data" / "clips").glob("*.parquet"))))


def test_a_file_that_changed_is_found_and_made_anew(workspace: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = workspace.build()
    dataset = workspace.finish(parts)
    read: list[Path] = []

    def counted(path: Path) -> str:
        read.append(path)
        return file_sha256(path)

    monkeypatch.setattr("audsem_data.storage.verified.file_sha256", counted)
    before = {path: path.read_bytes() for path in dataset.rglob("*.*") if path.is_file()}
    workspace.finish(parts)
    assert read == [], "nothing is read again while it stands"
    assert check_bytes(dataset) == len(before) - 1
    place = data_file(dataset)
    kept = place.read_bytes()
    place.unlink()  # so that the committed file is not the same file, as a clone or a copy would not be
    place.write_bytes(kept)
    os.utime(place, ns=(next(p for _, p in parts).stat().st_atime_ns, 0))
    flip(place)
    with pytest.raises(CorruptionError, match=r"is not what manifest\.json says"):
        check_bytes(dataset)
    workspace.finish(parts)
    assert {path: path.read_bytes() for path in dataset.rglob("*.*") if path.is_file()} == before


def test_no_change_in_place_can_damage_a_committed_file_unseen(workspace: Any) -> None:
    parts = workspace.build()
    dataset = workspace.finish(parts)
    committed = {path.stat().st_ino for _, path in parts}
    for path in (dataset / "data").rglob("*.parquet"):
        assert path.stat().st_ino not in committed or path.stat().st_mode & 0o222 == 0


def test_a_dataset_without_rows_is_none(workspace: Any, dataset: Path) -> None:
    for shard in workspace.shards("select-clips"):
        table = workspace.tables["select-clips", shard]
        workspace.tables["select-clips", shard] = table.set_column(1, "keep", [[False] * len(table)])
    with pytest.raises(EmptyDatasetError, match="no clip is left"):
        workspace.assemble()
    assert not (workspace.folder / "audsem").exists()


def test_a_folder_that_says_it_holds_nothing_is_not_sound(workspace: Any, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("---\nconfigs: []\ndataset_info: []\n---\n")
    (tmp_path / MANIFEST).write_bytes(make_manifest(tmp_path, {}, {}, file_sha256))
    assert "holds no rows" in check_dataset(tmp_path)[0]
