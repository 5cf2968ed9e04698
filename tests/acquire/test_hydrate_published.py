"""A release of ids and texts gets its sound back from the videos' pages."""

import hashlib
import json
import subprocess
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pipeline.conftest import COMMAND, run_cli

from acquire.media_server import MediaServer
from acquire.test_download import CLIPS, table
from audsem_data.publish.checks import check_dataset


@pytest.fixture
def release(server: MediaServer, tmp_path: Path) -> Path:
    """A dataset without sound, of videos that are published."""
    workspace = tmp_path / "w"
    audio = ["--set", "assemble.audio=none", "--set", "select-captions.min_lexicon_score=0"]
    address = ["--set", f"download.url={server.address}/plain/watch?v={{video_id}}", "--set", "download.rate=60000"]
    run_cli("run", "--profile", "online", "--source", table(tmp_path / "source"), "-w", workspace, *address, *audio)
    return workspace / "audsem"


def hydrate(release: Path, server: MediaServer, out: Path, how: str = "plain", expect: int = 0) -> str:
    url = f"{server.address}/{how}/watch?v={{video_id}}"
    return run_cli("hydrate", release, "--out", out, "--url", url, "--rate", "60000", expect=expect).stdout


def test_sound_comes_from_the_pages_and_what_is_gone_is_told(
    release: Path, server: MediaServer, tmp_path: Path
) -> None:
    out = tmp_path / "with-sound"
    assert "6 of 6 clips have sound (100.0%)" in hydrate(release, server, out)
    assert check_dataset(out) == []
    held = {tar_row["clip_id"]: tar_row for tar_row in _rows(release.parent)}
    for path in (out / "data" / "clips").glob("*.parquet"):
        for row in pq.read_table(path).to_pylist():
            sha256 = hashlib.sha256(row["audio"]["bytes"]).hexdigest()
            assert sha256 == held[row["clip_id"]]["audio_sha256"], "the same sound, to the byte"
    del server.files["opus"]
    assert "6 of 6 clips have sound" in hydrate(release, server, out), "what is there is kept"
    later = tmp_path / "later"
    assert "4 of 6 clips have sound" in hydrate(release, server, later)
    told = json.loads(later.with_name("later.survival.json").read_text())
    assert told["lost"] == {"not_found": 2}


def test_a_run_that_was_stopped_asks_only_for_the_rest(release: Path, server: MediaServer, tmp_path: Path) -> None:
    out, server.rate = tmp_path / "with-sound", 1 << 18
    url = f"{server.address}/slow/watch?v={{video_id}}"
    command = [*COMMAND, "hydrate", str(release), "--out", str(out), "--url", url, "--rate", "60000"]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    held = out.with_name(".with-sound.clips")
    while len(list(held.glob("aac*.flac"))) < len(CLIPS["aac"]):
        assert running.poll() is None
        time.sleep(0.02)
    running.kill()
    running.wait()
    server.seen.clear()
    assert "6 of 6 clips have sound" in hydrate(release, server, out)
    assert not [seen for seen in server.seen if "aac" in seen.path]
    assert not held.exists()


def _rows(workspace: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for path in (workspace / "standardize").glob("v*/part-*.parquet"):
        found += pq.read_table(path).to_pylist()
    return found
