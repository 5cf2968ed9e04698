"""The offline profile from made videos to a dataset, and what its commands say."""

import json
from pathlib import Path

import pytest

from audsem_data import Project

from .conftest import run_cli

TASKS = ("generate-captioning", "generate-mc-qa", "generate-open-qa", "generate-creative-writing")


def status(workspace: Path) -> dict[str, dict[str, object]]:
    found = json.loads(run_cli("status", "--workspace", workspace, "--json").stdout)
    return {stage["stage"]: stage for stage in found["stages"]}


def test_every_stage_is_complete_and_reconciles(built: Path) -> None:
    for name, stage in status(built).items():
        assert stage["complete"], name
        assert sum(stage["counts"].values()) == stage["rows_in"]  # type: ignore[attr-defined]
        assert not any(reason.startswith("failed") for reason in stage["counts"]), name  # type: ignore[attr-defined]


def test_made_sounds_are_kept_and_made_speech_is_not(built: Path) -> None:
    clips = Project(built).read("select-captions").to_pylist()
    assert len(clips) == 20  # five sounds in each of four videos
    assert not {"Chapter 2", "I told you already."} & {row["caption"] for row in clips}


def test_every_kept_clip_has_examples_of_every_task_and_variant(built: Path) -> None:
    project = Project(built)
    kept = {row["clip_id"] for row in project.read("select-clips").to_pylist() if row["keep"]}
    assert kept
    for task in TASKS:
        rows = project.read(task).to_pylist()
        for variant in ("simple", "semantic"):
            assert {row["clip_id"] for row in rows if row["variant"] == variant} == kept, (task, variant)


def test_a_second_run_does_nothing(workspace: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in workspace.rglob("*.parquet")}
    again = run_cli("run", "--workspace", workspace)
    assert "worked on" not in again.stdout
    assert {path: path.stat().st_mtime_ns for path in workspace.rglob("*.parquet")} == before


def test_verify_reads_every_byte(workspace: Path) -> None:
    run_cli("status", "--workspace", workspace, "--verify")
    data = next((workspace / "combine" / "v2").glob("part-*.parquet"))
    damaged = bytearray(data.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    data.write_bytes(damaged)
    found = run_cli("status", "--workspace", workspace, "--verify", expect=1)
    assert data.name in found.stderr
    assert "Traceback" not in found.stderr


def test_explain_tells_the_life_of_a_kept_clip(built: Path) -> None:
    clip = next(row["clip_id"] for row in Project(built).read("select-clips").to_pylist() if row["keep"])
    told = json.loads(run_cli("explain", clip, "--workspace", built, "--json").stdout)
    assert {event["stage"] for event in told} == set(status(built))
    assert {event["outcome"] for event in told} == {"done"}
    assert run_cli("explain", clip, "--workspace", built).stdout.startswith("It is in the dataset.\n")


def test_explain_begins_with_what_became_of_a_clip(workspace: Path) -> None:
    clip = next(row["clip_id"] for row in Project(workspace).read("select-clips").to_pylist() if row["keep"])
    run_cli("invalidate", "select-clips", "--workspace", workspace)
    run_cli("run", "--workspace", workspace, "--set", "select-clips.min_duration_ms=999000", expect=1)
    assert run_cli("explain", clip, "--workspace", workspace).stdout.startswith("It is left out: too_short.\n")


@pytest.mark.parametrize(
    ("text", "stage", "reason"),
    [("[Chapter 2]", "select-captions", "below_threshold"), ("Come in.", "ingest", None)],
)
def test_explain_tells_where_a_cue_went(built: Path, made: Path, text: str, stage: str, reason: str | None) -> None:
    key = _cue(made, text)
    told = run_cli("explain", key, "--workspace", built)
    verdict, *events = told.stdout.splitlines()
    assert stage in events[-1 if reason else 0]
    assert (reason or "no_bracket") in told.stdout
    ended = (
        f"It ended at {stage}: filtered because {reason}." if reason else f"It has come no further than {stage}."
    )
    assert verdict == ended


def _cue(made: Path, text: str) -> str:
    """Return the clip id of a line in the made json3 subtitles."""
    path = next((made / "subtitles").glob("*.json3"))
    event = next(e for e in json.loads(path.read_text())["events"] if e["segs"][0]["utf8"] == text)
    start = event["tStartMs"]
    return f"{path.name.partition('.')[0]}_{start:09d}_{start + event['dDurationMs']:09d}"


def test_plan_and_doctor_answer(built: Path) -> None:
    plan = json.loads(run_cli("plan", "--workspace", built, "--json").stdout)
    assert all(stage["pending"] == 0 for stage in plan["stages"])
    assert "python" in run_cli("doctor", "--workspace", built).stdout


def test_clean_gives_back_what_nothing_names_and_spools_when_asked(workspace: Path) -> None:
    leaving = workspace / "combine" / "v2" / "part-00009-deadbeef.parquet"
    leaving.write_bytes(b"x" * 200_000)
    (workspace / "combine" / "v0").mkdir()
    before = {path for path in workspace.rglob("*") if path.is_file()} - {leaving}
    assert "0.2 MB" in run_cli("clean", "--workspace", workspace).stdout
    assert not leaving.exists()
    assert not (workspace / "combine" / "v0").exists()
    assert {path for path in workspace.rglob("*") if path.is_file()} == before
    run_cli("clean", "--spool", "--workspace", workspace)
    assert not list(workspace.glob("cache/*"))
    assert "worked on" not in run_cli("run", "--workspace", workspace).stdout


def test_a_flipped_byte_of_the_dataset_is_never_announced(workspace: Path) -> None:
    shard = next((workspace / "assemble").rglob("part-*.parquet"))
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.chmod(0o644)
    shard.write_bytes(data)
    done = run_cli("run", "--workspace", workspace, expect=1)
    assert "is not what was committed" in done.stderr
    assert "invalidate assemble --shard" in done.stderr
    assert "the dataset:" not in done.stdout
    run_cli("invalidate", "assemble", "--workspace", workspace)
    run_cli("run", "--workspace", workspace)
    place = next((workspace / "audsem" / "data").rglob("*.parquet"))
    copy = place.read_bytes()
    place.unlink()
    place.write_bytes(copy[:-1] + b"x")
    assert "audsem" in run_cli("status", "--verify", "--workspace", workspace, expect=1).stderr
    assert "the dataset:" in run_cli("run", "--workspace", workspace).stdout
    assert place.read_bytes() == copy
    assert "is as committed" in run_cli("status", "--verify", "--workspace", workspace).stdout
