"""`--source -`: a dump or a table through a pipe."""

import gzip
import io
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audsem_data import Project
from audsem_data.runtime.context import RunOptions
from audsem_data.runtime.holdings import Holding
from audsem_data.runtime.maintenance import invalidate
from audsem_data.runtime.session import existing_context
from audsem_data.runtime.takedown import take_down

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


def dump(*names: str) -> bytes:
    def line(name: str) -> str:
        texts = [{"t": f"[door {name} slams \u00e4]", "-start": "1", "-dur": "2"}]
        captions = [{"lang": "en", "subtitles": {"transcript": {"text": texts}}}]
        return json.dumps({"video": {"videoid": name}, "captions": captions}, ensure_ascii=False) + "\n"

    return "".join(line(name) for name in names).encode()


def table(*names: str) -> pa.Table:
    count = len(names)
    columns = {"video_id": names, "start": [1.0] * count, "end": [4.0] * count, "text": ["[door, slam]"] * count}
    return pa.table(columns)


def as_parquet(*names: str) -> bytes:
    out = io.BytesIO()
    pq.write_table(table(*names), out)
    return out.getvalue()


def as_csv(*names: str) -> bytes:
    return ("video_id,start,end,text\n" + "".join(f'{name},1,4,"[door, slam]"\n' for name in names)).encode()


PIPED: dict[str, Callable[..., bytes]] = {
    "dump": dump,
    "line": lambda *names: dump(*names).replace(b"\n", b" ") + b"\n",
    "packed": lambda *names: gzip.compress(dump(*names)),
    "csv": as_csv,
    "parquet": as_parquet,
}


@pytest.mark.parametrize("form", PIPED)
def test_a_video_that_is_taken_down_leaves_what_was_piped_in(form: str, tmp_path: Path) -> None:
    workspace = tmp_path / "w"
    data = PIPED[form]("first", "second", "third")
    assert ingest(workspace, data).returncode == 0
    (kept,) = (workspace / "sources").iterdir()

    def held(anew: bool = False) -> list[str]:
        context = existing_context(workspace, RunOptions(workers=0))
        if anew:
            invalidate(context, context.stage("ingest"))
            Project(workspace).run("ingest")
        return sorted(Project(workspace).read("ingest")["video_id"].to_pylist())

    def removed(*videos: str) -> Holding:
        context = existing_context(workspace, RunOptions(workers=0, committed_only=True))
        return take_down(context, set(videos), lambda summary: None).gone["sources"]

    assert held() == ["first", "second", "third"]
    assert str(removed("first", "third")) == "2 rows, 1 files"
    assert held() == ["second"]
    opened = gzip.decompress(kept.read_bytes()) if form == "packed" else kept.read_bytes()
    assert b"first" not in opened
    assert b"third" not in opened
    assert (form not in ("dump", "line")) or len(opened) == len(data), "ranges of a dump stand"
    assert ingest(workspace, data).returncode == 0, "the same pipe again brings nothing back"
    assert list((workspace / "sources").iterdir()) == [kept]
    assert held(anew=True) == ["second"]
    assert str(removed("second")) == "1 rows, 1 files"
    assert held() == held(anew=True) == []
