"""Files appear whole or not at all, and are the same bytes for the same rows."""

import errno
import os
from pathlib import Path

import pyarrow as pa
import pytest

from audsem_data.core.errors import CorruptionError, StageError, StorageError
from audsem_data.core.schema import Column
from audsem_data.storage.location import TEMPORARY, LocalLocation, is_abandoned
from audsem_data.storage.parquet import read_table, write_rows
from audsem_data.storage.tars import TarWriter, iterate_clips

COLUMNS = (Column("key", pa.string(), "a key"), Column("value", pa.int32(), "a value", "s", nullable=True))


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_write_that_breaks_off_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    location = LocalLocation(tmp_path)
    location.put("folder/name.json", b"old")

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(KeyboardInterrupt):
        location.put("folder/name.json", b"new")
    assert location.read("folder/name.json") == b"old"


@pytest.mark.parametrize(
    ("code", "says"), [(errno.ENOSPC, "disk is full"), (errno.EROFS, "read-only"), (errno.EACCES, "no permission")]
)
def test_what_a_disk_says_becomes_advice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, says: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(StorageError, match=says):
        LocalLocation(tmp_path).put("name", b"data")


def test_scratch_files_of_the_living_are_left_alone(tmp_path: Path) -> None:
    mine = LocalLocation(tmp_path).scratch("")
    mine.touch()
    assert not is_abandoned(mine)
    dead = mine.with_name(mine.name.replace(f"-{os.getpid()}-", "-4194304-"))
    dead.touch()
    assert is_abandoned(dead)
    far = tmp_path / f"{TEMPORARY}some-other-host-1-0"
    far.touch()
    assert not is_abandoned(far)
    os.utime(far, (0, 0))
    assert is_abandoned(far)


def test_the_same_rows_are_the_same_bytes(tmp_path: Path) -> None:
    rows = [{"key": f"k{n:05d}", "value": n if n % 3 else None} for n in range(9000)]
    for name in ("a", "b"):
        assert write_rows(tmp_path / name, COLUMNS, iter(rows)) == 9000
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    table = read_table(tmp_path / "a")
    assert table.to_pylist() == rows
    assert table.schema.field("value").metadata == {b"doc": b"a value", b"unit": b"s"}


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"key": None, "value": 1}, "column key allows no nulls"),
        ({"key": "k", "value": "x"}, "column value is declared int32"),
        ({"key": "k", "value": 2**40}, "column value is declared int32"),
        ({"key": "k"}, "missing or unknown: value"),
        ({"key": "k", "value": 1, "more": 2}, "missing or unknown: more"),
    ],
)
def test_a_wrong_row_names_its_column(tmp_path: Path, row: dict[str, object], says: str) -> None:
    with pytest.raises(StageError, match=says):
        write_rows(tmp_path / "file", COLUMNS, [row])


def test_no_rows_keep_the_schema(tmp_path: Path) -> None:
    write_rows(tmp_path / "file", COLUMNS, [])
    assert read_table(tmp_path / "file").schema.names == ["key", "value"]


def test_what_is_no_parquet_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"PAR1 but no more")
    with pytest.raises(CorruptionError, match="cannot be read as Parquet"):
        read_table(tmp_path / "file")


def test_tars_are_the_same_bytes_and_come_back(tmp_path: Path) -> None:
    clips = {f"video_{n}": {"json": b"{}", "flac": bytes([n]) * 1000} for n in range(3)}
    for name in ("a.tar", "b.tar"):
        with TarWriter(tmp_path / name) as tar:
            for key, files in clips.items():
                tar.add(key, files)
    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()
    assert dict(iterate_clips(tmp_path / "a.tar")) == clips


def test_a_cut_tar_is_said(tmp_path: Path) -> None:
    with TarWriter(tmp_path / "a.tar") as tar:
        tar.add("video", {"flac": b"x" * 5000})
    whole = (tmp_path / "a.tar").read_bytes()
    (tmp_path / "a.tar").write_bytes(whole[:2000])
    with pytest.raises(CorruptionError, match="cannot be read as a tar"):
        list(iterate_clips(tmp_path / "a.tar"))
