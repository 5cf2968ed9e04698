"""More than ten shards: numbers are not compared as text anywhere."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import soundfile

from audsem_data import Project

from .comparing import unreconciled
from .conftest import run_cli

VIDEOS = 12
RATE = 8000


def test_twelve_shards_come_out_whole_and_in_order(tmp_path: Path) -> None:
    source, workspace = tmp_path / "source", tmp_path / "w"
    source.mkdir()
    times = np.arange(int(3.2 * RATE)) / RATE
    for number in range(VIDEOS):
        wave = 0.5 * np.sin(2 * np.pi * (200 + 50 * number) * times) * (times % 0.5 < 0.3)
        soundfile.write(source / f"sound{number:02d}.wav", wave, RATE)
        (source / f"sound{number:02d}.en.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:03.100\n[alarm beeping]\n")
    small = ("--set", "ingest.shard_units=1", "--set", "select-captions.shard_clips=1")
    run_cli("run", "--source", source, "--workspace", workspace, *small, "--set", "assemble.test=0")
    assert not unreconciled(workspace)
    clips = Project(workspace).read("select-clips")["clip_id"].to_pylist()
    assert clips == sorted(clips)
    assert len(clips) == VIDEOS
    files = sorted((workspace / "audsem" / "data" / "clips").glob("train-*.parquet"))
    published = [key for path in files for key in pq.read_table(path, columns=["clip_id"])["clip_id"].to_pylist()]
    assert published == [key for key in clips if key in set(published)]
    assert len(published) > 10
    assert "worked on" not in run_cli("run", "--workspace", workspace).stdout
