"""Decisions count: in the selection of clips, as labels, and they go when a video goes."""

import csv
import json
import sqlite3
from pathlib import Path

import pytest
from pipeline.conftest import run_cli

from audsem_data.core.errors import CorruptionError, InputError
from audsem_data.runtime.api import Project
from audsem_data.storage.reviews import REVIEWS, Reviews, Verdict
from audsem_data.train.labelled import read_labelled


def clips(workspace: Path) -> list[str]:
    return [str(key) for key in Project(workspace).read("select-captions")["clip_id"].to_pylist()]


def kept(workspace: Path) -> dict[str, str | None]:
    rows = Project(workspace).read("select-clips").to_pylist()
    return {row["clip_id"]: row["reason"] for row in rows}


def test_a_rejected_clip_is_not_kept_and_others_stay(workspace: Path) -> None:
    reviews, keys = Reviews(workspace / REVIEWS), clips(workspace)
    reviews.decide(keys[0], Verdict.REJECT, "")
    reviews.decide(keys[1], Verdict.ACCEPT, "clear")
    setting = f"file={workspace / REVIEWS}"
    run_cli("score-review", "--workspace", workspace, "--set", setting)
    run_cli("invalidate", "select-clips", "--workspace", workspace)
    run_cli("run", "--workspace", workspace, "--until", "select-clips")
    assert kept(workspace) == {key: "rejected_by_listener" if key == keys[0] else None for key in keys}

    reviews.decide(keys[2], Verdict.NO_SOUND, "")
    refused = run_cli("score-review", "--workspace", workspace, expect=3)
    assert "reviews" in refused.stderr, "what was decided since is not mixed in silence"
    run_cli("invalidate", "score-review", "--workspace", workspace)
    run_cli("run", "--workspace", workspace)
    assert {key for key, reason in kept(workspace).items() if reason} == {keys[0], keys[2]}
    dataset = run_cli("validate", workspace / "audsem").stdout
    assert "sound" in dataset
    page = (workspace / "audsem" / "README.md").read_text()
    assert f"{len(keys) - 2} clips" in page


def test_a_comment_changes_nothing_that_was_made(workspace: Path) -> None:
    reviews, keys = Reviews(workspace / REVIEWS), clips(workspace)
    reviews.decide(keys[0], Verdict.REJECT, "")
    run_cli("score-review", "--workspace", workspace, "--set", f"file={workspace / REVIEWS}")
    reviews.decide(keys[0], Verdict.REJECT, "said later")
    reviews.decide(keys[1], None, "only a comment")
    assert "up to date" in run_cli("score-review", "--workspace", workspace).stdout


def test_a_file_that_is_not_there_is_said(workspace: Path) -> None:
    refused = run_cli("score-review", "--workspace", workspace, "--set", "file=/nowhere/r.sqlite", expect=2)
    assert "/nowhere/r.sqlite" in refused.stderr


def test_labels_are_what_the_trainer_reads(workspace: Path, tmp_path: Path) -> None:
    reviews = Reviews(workspace / REVIEWS)
    rows = Project(workspace).read("select-captions").to_pylist()
    by_caption = {row["caption"]: row["clip_id"] for row in rows}
    sounds = dict(list(by_caption.items())[:12])
    for key in sounds.values():
        reviews.decide(key, Verdict.ACCEPT, "")
    other = next(row for row in rows if row["caption"] not in sounds)
    reviews.decide(other["clip_id"], Verdict.REJECT, "too noisy: no label")
    said = run_cli("reviews", "--workspace", workspace, "--labels", tmp_path / "l.csv").stdout
    assert f"{len(sounds)} labelled captions" in said
    with (tmp_path / "l.csv").open(newline="") as stream:
        assert {row["text"]: row["is_sound"] for row in csv.DictReader(stream)} == dict.fromkeys(sounds, "1")
    with (tmp_path / "l.csv").open("a") as stream:
        stream.writelines(f"no sound {number},0\n" for number in range(10))
    assert len(read_labelled(tmp_path / "l.csv")) == len(sounds) + 10
    listed = json.loads(run_cli("reviews", "--workspace", workspace, "--json").stdout)
    assert len(listed) == len(sounds) + 1


def test_a_takedown_takes_decisions_along(workspace: Path) -> None:
    reviews, keys = Reviews(workspace / REVIEWS), clips(workspace)
    video = keys[0].rsplit("_", 2)[0]
    stays = next(key for key in keys if not key.startswith(video))
    for key in (keys[0], stays):
        reviews.decide(key, Verdict.ACCEPT, f"heard in {key}")
    run_cli("takedown", video, "--workspace", workspace)
    assert [one.clip_id for one in reviews.all()] == [stays]
    files = [path.read_bytes() for path in workspace.glob(f"{REVIEWS}*")]
    assert not [1 for data in files if keys[0].encode() in data], "not even in free pages"


def test_what_is_no_file_of_decisions_is_said(tmp_path: Path) -> None:
    (tmp_path / REVIEWS).write_bytes(b"not a database" * 100)
    with pytest.raises(CorruptionError, match="reviews"):
        Reviews(tmp_path / REVIEWS).all()
    with pytest.raises(InputError, match="10000"):
        Reviews(tmp_path / "new.sqlite").decide("x", None, "c" * 10_001)


def test_decisions_are_written_ahead(tmp_path: Path) -> None:
    Reviews(tmp_path / REVIEWS).decide("x", Verdict.ACCEPT, "")
    base = sqlite3.connect(tmp_path / REVIEWS)
    assert base.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    base.close()
