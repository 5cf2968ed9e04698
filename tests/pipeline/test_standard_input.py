"""`--source -`: a dump or a table through a pipe."""

import gzip
import os
import subprocess
from pathlib import Path

import pytest

from .conftest import COMMAND, SAMPLES

TABLE = "video_id,start,end,text\nv,1,4,[door slams]\n"


def ingest(workspace: Path, data: bytes) -> subprocess.CompletedProcess[bytes]:
    command = [*COMMAND, "ingest", "--source", "-", "-w", str(workspace)]
    return subprocess.run(command, input=data, capture_output=True, check=False, env=dict(os.environ))


@pytest.mark.parametrize("data", [TABLE.encode(), b"\xef\xbb\xbf" + TABLE.encode()])
def test_a_table_through_a_pipe_is_kept_and_read(data: bytes, tmp_path: Path) -> None:
    done = ingest(tmp_path / "w", data)
    assert done.returncode == 0, done.stderr
    assert b"1 in, 1 out" in done.stdout
    (kept,) = (tmp_path / "w" / "sources").iterdir()
    assert kept.read_bytes() == data
    again = ingest(tmp_path / "w", data)
    assert b"up to date" in again.stdout
    assert len(list((tmp_path / "w" / "sources").iterdir())) == 1


@pytest.mark.samples
def test_a_dump_through_a_pipe_also_packed(tmp_path: Path) -> None:
    if not SAMPLES.is_dir():
        pytest.skip("the samples are not beside the checkout")
    dump = (SAMPLES / "subtitles" / "filmot.txt").read_bytes()
    plain, packed = ingest(tmp_path / "a", dump), ingest(tmp_path / "b", gzip.compress(dump))
    assert plain.returncode == packed.returncode == 0, packed.stderr
    assert plain.stdout == packed.stdout


def test_what_cannot_be_told_is_refused(tmp_path: Path) -> None:
    refused = ingest(tmp_path / "w", b"1\n00:00:01,000 --> 00:00:02,000\n[a]\n")
    assert refused.returncode == 1
    assert b"their names say whose they are" in refused.stderr
    assert not list((tmp_path / "w").rglob("stdin*"))
