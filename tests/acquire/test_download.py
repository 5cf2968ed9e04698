"""`download` and `standardize` as a user runs them, against a server on loopback that counts."""

import csv
import os
import re
import shutil
import signal
import subprocess
import tarfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from media.clips import cut
from pipeline.conftest import COMMAND, run_cli

from acquire.media_server import MediaServer
from audsem_data.core.keys import parse_clip_id

CLIPS = {
    "aac": [(40, 3200), (9000, 12_500), (16_000, 19_500)],
    "opus": [(2000, 6000), (13_000, 16_100)],
    "song": [(5000, 9000)],
}
QUICK = ["download.rate=60000", "download.idle_s=3", "download.pause_s=0.2", "download.pauses=1"]


def table(folder: Path, videos: Mapping[str, str] | None = None) -> Path:
    """Write a table of segments; `videos` gives addresses, for a column `url`."""
    folder.mkdir(exist_ok=True)
    path = folder / "segments.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["video_id", "start_ms", "end_ms", "text", *(["url"] if videos else [])])
        for video, clips in CLIPS.items():
            for start, end in clips:
                writer.writerow([video, start, end, "[door slams]", *([videos[video]] if videos else [])])
    return path


def settings(*values: str) -> list[str]:
    return [part for value in (*QUICK, *values) for part in ("--set", value)]


def captions(tmp_path: Path, *values: str, sources: Sequence[Path] = ()) -> Path:
    """Return a workspace that has come as far as `score-duration`."""
    workspace = tmp_path / "w"
    sources = sources or [table(tmp_path / "source")]
    given = [part for source in sources for part in ("--source", source)]
    run_cli("run", "--profile", "online", *given, "-w", workspace, "--until", "score-duration",
            *settings(*values))  # fmt: skip
    return workspace


def rows(workspace: Path, stage: str, what: str = "part") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for path in sorted((workspace / stage).glob(f"v*/{what}-*.parquet")):
        found += pq.read_table(path).to_pylist()
    return found


def fates(workspace: Path, stage: str) -> dict[str, str]:
    return {row["key"]: row["reason"] or row["outcome"] for row in rows(workspace, stage, "outcomes")}


def members(workspace: Path) -> dict[str, bytes]:
    (path,) = (workspace / "standardize").glob("v*/part-*.tar")
    with tarfile.open(path) as archive:
        files = {member.name: archive.extractfile(member) for member in archive}
        return {name: file.read() for name, file in files.items() if file}


def shelved(workspace: Path) -> list[Path]:
    return [path for path in (workspace / "cache" / "download").rglob("*.*") if path.suffix in (".nut", ".mkv")]


def videos_asked_for(server: MediaServer) -> Counter[str]:
    """Return how many sections were asked for, by video."""
    return Counter(Path(seen.path).stem for seen in server.sections())


def test_clips_come_from_the_web_as_they_come_from_a_disk(
    server: MediaServer, library: Path, tmp_path: Path
) -> None:
    url = f"download.url={server.address}/plain/watch?v={{video_id}}"
    workspace = captions(tmp_path, url)
    run_cli("run", "-w", workspace, "--until", "standardize")
    assert set(fates(workspace, "standardize").values()) == {"done"}
    found = members(workspace)
    assert list(found) == sorted(found)
    paths = {path.stem: path for path in library.iterdir()}
    for row in rows(workspace, "standardize"):
        interval = (row["start_ms"], row["end_ms"])
        (local,) = cut(paths[row["video_id"]], [interval])
        assert local.rows[0]["samples"] == row["samples"] == (interval[1] - interval[0]) * 32
        assert row["padded_ms"] == 0
        assert row["has_video"] == (row["video_id"] != "song")
        assert row["frames"] == local.rows[0]["frames"]
    for row in rows(workspace, "download"):
        assert row["segment_start_ms"] <= row["start_ms"]
        assert row["offset_ms"] == pytest.approx(row["start_ms"] - row["segment_start_ms"], abs=0.01)
        assert row["segment_end_ms"] >= row["end_ms"] - 50
        assert row["address"].startswith(server.address)
    assert not shelved(workspace), "what is standardized is given back"
    asked = len(server.seen)
    assert run_cli("run", "-w", workspace, "--until", "standardize").stdout.count("up to date") == 7
    assert len(server.seen) == asked
    plan = run_cli("plan", "-w", workspace).stdout
    assert "0.0 MB of raw media" in plan


def test_a_clip_that_is_too_short_to_be_fetched_says_so(server: MediaServer, tmp_path: Path) -> None:
    source = tmp_path / "short.csv"
    source.write_text("video_id,start_ms,end_ms,text\naac,40,3200,[door slams]\naac,9000,11000,[dog barks]\n")
    url = f"download.url={server.address}/plain/watch?v={{video_id}}"
    workspace = captions(tmp_path, url, sources=[source])
    run_cli("run", "-w", workspace, "--until", "standardize")
    found = {parse_clip_id(key).start_ms: fate for key, fate in fates(workspace, "standardize").items()}
    assert found == {40: "done", 9000: "too_short"}
    (told,) = [row for row in rows(workspace, "standardize", "outcomes") if row["reason"] == "too_short"]
    assert told["outcome"] == "filtered"
    assert len(server.sections()) == 1


def test_addresses_can_stand_in_the_table_beside_local_files(
    server: MediaServer, library: Path, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    addresses = {name: f"{server.address}/plain/{server.files[name].name}" for name in CLIPS}
    path = table(source, addresses)
    shutil.copy(library / "song.mp3", source)
    text = path.read_text().replace(addresses["song"], "")
    path.write_text(text)
    workspace = captions(tmp_path, "download.keep=true", sources=[path, source])
    run_cli("run", "-w", workspace)
    reasons = Counter(fates(workspace, "download").values())
    assert reasons == {"done": 5, "local_media": 1}
    assert set(fates(workspace, "standardize").values()) == {"done"}
    assert len(shelved(workspace)) == len({row["segment"] for row in rows(workspace, "download")})
    clips = [
        row
        for path in (workspace / "audsem" / "data" / "clips").glob("*")
        for row in pq.read_table(path).to_pylist()
    ]
    origins = {(row["video_id"], row["source"], row["license"]) for row in clips}
    assert origins == {("aac", "Generic", None), ("opus", "Generic", None), ("song", "local", None)}


@pytest.mark.parametrize("reason", ["not_found", "rate_limited"])
def test_only_the_rows_of_a_reason_are_fetched_again(reason: str, server: MediaServer, tmp_path: Path) -> None:
    workspace = captions(tmp_path, f"download.url={server.address}/plain/watch?v={{video_id}}", "download.pauses=2")
    hidden = server.files["opus"]
    if reason == "not_found":
        del server.files["opus"]
    server.limited = {"opus"}
    run_cli("run", "-w", workspace, "--until", "annotate-acoustics")
    assert Counter(fates(workspace, "download").values()) == {"done": 4, reason: 2}
    assert Counter(fates(workspace, "standardize").values()) == {"done": 4, "no_media": 2}
    before, asked = members(workspace), len(server.seen)
    run_cli("run", "-w", workspace, "--until", "standardize")
    assert len(server.seen) == asked, "neither a permanent failure nor one still cooling down is tried unasked"
    server.files["opus"], server.limited = hidden, set()
    run_cli("retry", "download", "--reason", reason, "-w", workspace)
    asked_for = {Path(seen.path).stem for seen in server.seen[asked:]}
    assert asked_for == {"watch?v=opus", "opus"}
    run_cli("run", "-w", workspace, "--until", "annotate-acoustics")
    after = members(workspace)
    assert list(after) == sorted(after)
    assert {name: after[name] for name in before} == before
    assert {parse_clip_id(name.partition(".")[0]).video_id for name in after.keys() - before.keys()} == {"opus"}
    measured = rows(workspace, "annotate-acoustics", "outcomes")
    assert [row["attempts"] for row in measured] == [1] * 6, "features of the others stand"


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [("--proxy", "http://me:secret@host:1", "HTTPS_PROXY"), ("--rate", "0", "above 0")],
)
def test_what_can_never_be_right_is_not_kept_in_the_recipe(
    option: str, value: str, said: str, tmp_path: Path
) -> None:
    workspace = captions(tmp_path)
    before = (workspace / "recipe.yaml").read_text()
    assert said in run_cli("download", "-w", workspace, option, value, expect=2).stderr
    assert (workspace / "recipe.yaml").read_text() == before


def test_a_host_that_refuses_stops_the_run_and_nothing_is_lost(server: MediaServer, tmp_path: Path) -> None:
    workspace = captions(tmp_path, f"download.url={server.address}/flaky/watch?v={{video_id}}")
    server.faults = 10**6
    stopped = run_cli("run", "-w", workspace, "--until", "standardize", expect=6)
    assert "goes on refusing" in stopped.stderr
    assert "asking nothing of it for" in stopped.stderr
    assert not rows(workspace, "download", "outcomes"), "what was not tried has not failed"
    server.faults = 0
    run_cli("run", "-w", workspace, "--until", "standardize")
    assert set(fates(workspace, "standardize").values()) == {"done"}


def test_two_workers_together_keep_to_the_rate(server: MediaServer, tmp_path: Path) -> None:
    url = f"download.url={server.address}/plain/watch?v={{video_id}}"
    workspace = captions(tmp_path, url, "download.rate=120", "download.gap_ms=0", "select-captions.shard_clips=1")
    server.seen.clear()
    run_cli("download", "-w", workspace, "--workers", "2")
    governed = [seen.time for seen in server.seen if seen.opens_a_section or not seen.by_ffmpeg]
    assert len(governed) >= 3 + 6
    # A tool takes a while to start after it may: up to a second on a busy machine. Workers that each kept to the
    # rate by themselves would take half the time.
    assert governed[-1] - governed[0] >= (len(governed) - 1) * 0.5 - 1.0


def test_few_shards_lie_on_the_shelves_at_a_time(server: MediaServer, tmp_path: Path) -> None:
    url = f"download.url={server.address}/plain/watch?v={{video_id}}"
    workspace = captions(tmp_path, url, "select-captions.shard_clips=1")
    run_cli("run", "-w", workspace, "--until", "standardize")
    log = "".join(path.read_text() for path in sorted((workspace / "logs").glob("*.log")))
    order = re.findall(r"INFO (download|standardize) (part-\d+):", log)
    parts = [f"part-{number:05d}" for number in range(3)]
    assert order == [(stage, part) for part in parts for stage in ("download", "standardize")]


def test_standardize_waits_for_shards_that_are_not_downloaded(server: MediaServer, tmp_path: Path) -> None:
    url = f"download.url={server.address}/plain/watch?v={{video_id}}"
    workspace = captions(tmp_path, url, "select-captions.shard_clips=1")
    run_cli("download", "-w", workspace)
    run_cli("invalidate", "download", "--shard", "1", "-w", workspace)
    run_cli("standardize", "-w", workspace)
    assert {row["video_id"] for row in rows(workspace, "standardize")} == {"aac", "song"}
    assert "no_media" not in fates(workspace, "standardize").values()
    run_cli("run", "-w", workspace, "--until", "standardize")
    assert len(rows(workspace, "standardize")) == 6


def test_a_segment_that_was_damaged_since_is_told_and_no_other_suffers(server: MediaServer, tmp_path: Path) -> None:
    workspace = captions(tmp_path, f"download.url={server.address}/plain/watch?v={{video_id}}")
    run_cli("download", "-w", workspace)
    segments = {row["video_id"]: row["segment"] for row in rows(workspace, "download")}
    (path,) = [path for path in shelved(workspace) if path.name == segments["song"]]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    run_cli("standardize", "-w", workspace)
    found = {parse_clip_id(key).video_id: fate for key, fate in fates(workspace, "standardize").items()}
    assert found == {"aac": "done", "opus": "done", "song": "corrupt"}


def test_segments_that_were_given_back_are_said_to_be(server: MediaServer, tmp_path: Path) -> None:
    workspace = captions(tmp_path, f"download.url={server.address}/plain/watch?v={{video_id}}")
    run_cli("run", "-w", workspace, "--until", "standardize")
    run_cli("invalidate", "standardize", "-w", workspace)
    told = run_cli("standardize", "-w", workspace, expect=1).stderr
    assert "media_missing" in told
    run_cli("invalidate", "download", "-w", workspace)
    run_cli("download", "-w", workspace)
    run_cli("retry", "standardize", "--reason", "media_missing", "-w", workspace)
    assert set(fates(workspace, "standardize").values()) == {"done"}


def test_a_takedown_leaves_no_raw_media_of_the_video(server: MediaServer, tmp_path: Path) -> None:
    workspace = captions(tmp_path, f"download.url={server.address}/plain/watch?v={{video_id}}")
    run_cli("download", "-w", workspace)
    held = {row["segment"]: row["video_id"] for row in rows(workspace, "download")}
    assert {path.name for path in shelved(workspace)} == set(held)
    run_cli("takedown", "aac", "-w", workspace)
    assert {path.name for path in shelved(workspace)} == {name for name, video in held.items() if video != "aac"}
    asked = len(server.seen)
    run_cli("run", "-w", workspace, "--until", "standardize")
    assert {row["video_id"] for row in rows(workspace, "standardize")} == {"opus", "song"}
    assert len(server.seen) == asked, "neither fetched again nor lost"


@pytest.mark.parametrize("kills", [3, pytest.param(12, marks=pytest.mark.drill)])
def test_no_kill_has_anything_fetched_twice(kills: int, server: MediaServer, tmp_path: Path) -> None:
    server.rate = 1 << 18
    workspace = captions(tmp_path, f"download.url={server.address}/slow/watch?v={{video_id}}", "download.gap_ms=0")
    calm = tmp_path / "calm"
    shutil.copytree(workspace, calm)
    run_cli("run", "-w", calm, "--until", "standardize")
    undisturbed = videos_asked_for(server)
    server.seen.clear()
    killed = 0
    for number in range(kills):
        killed += _kill_after([*COMMAND, "run", "-w", str(workspace), "--until", "standardize"], server, number)
    run_cli("run", "-w", workspace, "--until", "standardize")
    assert killed >= min(kills, 2), "the drill killed too late to show anything"
    assert members(workspace) == members(calm)
    again = sum((videos_asked_for(server) - undisturbed).values())
    in_flight = max(undisturbed.values())
    assert again <= killed * in_flight, "more was fetched anew than the video that was in flight"
    assert not shelved(workspace)


def _kill_after(command: Sequence[str], server: MediaServer, number: int) -> bool:
    """Start a run, kill it once it has asked for another section or two, and say whether it still ran."""
    goal = len(server.sections()) + 1 + number % 2
    running = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    while running.poll() is None and len(server.sections()) < goal:
        time.sleep(0.01)
    alive = running.poll() is None
    if alive:
        os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    return alive


def test_a_video_that_is_taken_down_leaves_the_shelf_and_no_host_is_asked(
    server: MediaServer, tmp_path: Path
) -> None:
    workspace = captions(tmp_path, f"download.url={server.address}/plain/{{video_id}}")
    run_cli("download", "-w", workspace)
    shelf = workspace / "cache" / "download" / "part-00000"
    of_aac = {row["segment"] for row in rows(workspace, "download") if row["video_id"] == "aac"}
    others = {row["segment"] for row in rows(workspace, "download")} - of_aac
    assert of_aac
    assert others
    asked = len(server.seen)
    said = run_cli("takedown", f"{server.address}/plain/aac/", "-w", workspace).stdout
    assert "aac: to be taken down" in said
    assert "gone from cache: " in said
    assert {path.name for path in shelf.iterdir()} == others
    assert len(server.seen) == asked
    run_cli("run", "-w", workspace, "--until", "standardize")
    assert {row["video_id"] for row in rows(workspace, "standardize")} == {"opus", "song"}
    assert len(server.seen) == asked
