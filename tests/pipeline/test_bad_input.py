"""Broken files among sound ones: each has its reason, the others are unharmed, and nothing is lost."""

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile

from audsem_data import Project

from .comparing import unreconciled
from .conftest import run_cli
from .test_growth import copy_video, rows

CAPTION = "1\n00:00:00,500 --> 00:00:03,900\n[alarm beeping]\n"
RATE = 16000


def sound(path: Path, seconds: float = 5.0) -> Path:
    """Write a tone and a caption for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    times = np.arange(int(seconds * RATE)) / RATE
    soundfile.write(path, 0.4 * np.sin(2 * np.pi * 440 * times), RATE)
    path.with_suffix(".en.srt").write_text(CAPTION)
    return path


def fates(workspace: Path, stage: str) -> dict[str, tuple[str, str | None]]:
    """Return outcome and reason by video."""
    found = {}
    for path in (workspace / stage).glob("v*/outcomes-*.parquet"):
        for row in pq.read_table(path).to_pylist():
            found[row["key"].partition("_0")[0].partition("/")[0]] = (row["outcome"], row["reason"])
    return found


@pytest.fixture(scope="module")
def survived(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose sources are broken in many ways."""
    source = copy_video(made, tmp_path_factory.mktemp("bad") / "source", 1)
    sound(source / "good.wav")
    sound(source / "short.wav", seconds=2.0)
    sound(source / "quiet.wav").write_bytes(b"")
    sound(source / "text.wav").write_bytes(b"this is no sound at all\n" * 50)
    cut = sound(source / "cut.flac")
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 3])
    (source / "lonely.en.vtt").write_text("WEBVTT\n\n00:00.500 --> 00:03.900\n[dog barks]\n")
    (source / "broken.en.vtt").write_bytes(b"\x00\xff\xfe\x00garbage\x81\x8d" * 20)
    (source / "empty.en.srt").write_bytes(b"")
    again = source / "again"
    again.mkdir()
    shutil.copy(source / "good.wav", again)
    (again / "good.en.srt").write_text(CAPTION)
    dump = '{"video": {"videoid": "%s"}, "captions": [{"lang": "en", "subtitles": {"transcript": {"text": %s}}}]}\n'
    cue = json.dumps([{"t": "[horn honks]", "-start": "1.0", "-dur": "3.5"}])
    text = (
        dump % ("dumpA", cue) + '{"video": {"videoid": "dumpB"}, "captions": [{"lang": \n' + dump % ("dumpC", cue)
    )
    (source / "filmot.txt").write_text(text)
    workspace = tmp_path_factory.mktemp("survived") / "w"
    run_cli("run", "--source", source, "--workspace", workspace, "--tolerate", "0.9")
    return workspace


def test_every_row_has_an_outcome(survived: Path) -> None:
    assert not unreconciled(survived)
    assert all(s["complete"] for s in json.loads(run_cli("status", "-w", survived, "--json").stdout)["stages"])


@pytest.mark.parametrize(
    ("video", "outcome", "reason"),
    [
        ("good", "done", None),
        ("demo-01", "done", None),
        ("short", "filtered", "past_end"),
        ("quiet", "failed_permanent", "not_media"),
        ("text", "failed_permanent", "not_media"),
        ("cut", "failed_permanent", "corrupt"),
        ("lonely", "filtered", "no_media"),
        ("dumpA", "filtered", "no_media"),
        ("dumpC", "filtered", "no_media"),
    ],
)
def test_media_fail_each_for_its_reason(survived: Path, video: str, outcome: str, reason: str | None) -> None:
    assert fates(survived, "standardize")[video] == (outcome, reason)


def test_subtitles_fail_each_for_its_reason(survived: Path) -> None:
    found = json.loads(run_cli("status", "-w", survived, "--json").stdout)["stages"][0]["counts"]
    assert found["failed_permanent:empty_file"] == 1
    assert found["failed_permanent:damaged"] >= 1
    assert sum(found.values()) - found["done"] >= 3


def test_the_same_video_twice_gives_each_clip_once(survived: Path) -> None:
    clips = Project(survived).read("select-captions")["clip_id"].to_pylist()
    assert len(clips) == len(set(clips))
    assert clips.count("good_000000500_000003900") == 1
    found = json.loads(run_cli("status", "-w", survived, "--json").stdout)["stages"][3]["counts"]
    assert found["filtered:duplicate_interval"] == 1


def test_what_is_sound_is_in_the_dataset(survived: Path) -> None:
    kept = {key for key, row in rows(survived, "select-clips").items() if row["keep"]}  # type: ignore[index]
    assert {key.split("_")[0] for key in kept} == {"good", "demo-01"}
    told = run_cli("explain", "cut_000000500_000003900", "-w", survived).stdout
    assert "failed_permanent because corrupt" in told


def test_a_stage_that_fails_everything_stops_the_run(tmp_path: Path) -> None:
    sound(tmp_path / "source" / "quiet.wav").write_bytes(b"")
    stopped = run_cli("run", "--source", tmp_path / "source", "--workspace", tmp_path / "w", expect=1)
    assert "standardize: 1 of 1 rows failed" in stopped.stderr
    assert "audsem-data retry standardize" in stopped.stderr


def test_strict_allows_no_failed_row(made: Path, tmp_path: Path) -> None:
    source = copy_video(made, tmp_path / "source", 1)
    sound(source / "quiet.wav").write_bytes(b"")
    refused = run_cli("run", "--source", source, "--workspace", tmp_path / "w", "--strict", expect=5)
    assert "--strict" in refused.stderr


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda part: part.write_text("{"), "not a readable record"),
        (lambda part: next(part.parent.glob("part-*.parquet")).unlink(), "is missing"),
        (lambda part: next(part.parent.glob("part-*.parquet")).write_bytes(b"x"), "has 1 bytes"),
    ],
)
def test_a_damaged_workspace_says_the_way_out_and_it_works(workspace: Path, damage: object, says: str) -> None:
    part = workspace / "combine" / "v2" / "part-00000.json"
    before = rows(workspace, "combine")
    damage(part)  # type: ignore[operator]
    refused = run_cli("run", "--workspace", workspace, expect=1)
    assert says in refused.stderr
    assert "Traceback" not in refused.stderr
    run_cli("invalidate", "combine", "--shard", "0", "--workspace", workspace)
    run_cli("run", "--workspace", workspace)
    assert rows(workspace, "combine") == before


def test_bytes_that_changed_are_found_when_they_are_read(workspace: Path) -> None:
    data = next((workspace / "combine" / "v2").glob("part-*.parquet"))
    changed = bytearray(data.read_bytes())
    changed[100] ^= 1
    data.write_bytes(changed)
    run_cli("invalidate", "generate-captioning", "--workspace", workspace)
    refused = run_cli("run", "--workspace", workspace, expect=1)
    assert data.name in refused.stderr
    assert "invalidate combine --shard 0" in refused.stderr
