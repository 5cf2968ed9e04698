"""A release of ids and texts gets its sound back from the user's own media, and says what could not be had."""

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq

from audsem_data.publish.checks import check_dataset

from .conftest import run_cli


def sounds(dataset: Path, config: str = "clips") -> dict[str, bytes]:
    """Return the sound of each row by its key."""
    found = {}
    for path in sorted((dataset / "data" / config).glob("*.parquet")):
        for row in pq.read_table(path).to_pylist():
            found[row.get("example_id") or row["clip_id"]] = row["audio"]["bytes"]
    return found


def test_sound_comes_back_to_the_byte_and_what_is_lost_is_told(made: Path, workspace: Path, tmp_path: Path) -> None:
    whole = sounds(workspace / "audsem"), sounds(workspace / "audsem", "mc_qa_semantic")
    run_cli("invalidate", "assemble", "--workspace", workspace)
    run_cli("assemble", "--workspace", workspace, "--set", "audio=none")
    release, out = workspace / "audsem", tmp_path / "with-sound"
    said = run_cli("hydrate", release, "--source", made, "--out", out).stdout  # with the subtitles beside
    assert f"{len(whole[0])} of {len(whole[0])} clips have sound (100.0%)" in said
    assert (sounds(out), sounds(out, "mc_qa_semantic")) == whole
    assert check_dataset(out) == []
    media = tmp_path / "media"
    shutil.copytree(made / "videos", media)
    gone, broken, *_ = sorted(media.iterdir())
    gone.unlink()
    broken.write_bytes(b"no video")
    before = {path: path.read_bytes() for path in out.rglob("*.parquet")}
    again = run_cli("hydrate", release, "--source", media, "--out", out).stdout  # never poorer than it was
    assert f"{len(whole[0])} of {len(whole[0])} clips have sound" in again
    assert {path: path.read_bytes() for path in out.rglob("*.parquet")} == before
    out = tmp_path / "poorer"
    said = run_cli("hydrate", release, "--source", media, "--out", out).stdout
    told = json.loads(out.with_name("poorer.survival.json").read_text())
    assert told["lost"].keys() == {"media_missing", "not_media"}
    assert told["survived"] + sum(told["lost"].values()) == told["clips"] == len(whole[0])
    kept = sounds(out)
    assert kept == {key: data for key, data in whole[0].items() if told["reasons"][key] is None}
    assert check_dataset(out) == []
    assert "media_missing: " in said
    run_cli("hydrate", release, "--source", made, "--out", out)  # what was lacking joins
    assert sounds(out) == whole[0]


def test_what_cannot_be_hydrated_is_said(made: Path, workspace: Path, tmp_path: Path) -> None:
    said = run_cli("hydrate", workspace / "audsem", "--source", made, "--out", tmp_path / "x", expect=1).stderr
    assert "holds sound already" in said
    said = run_cli("hydrate", tmp_path, "--source", made, "--out", tmp_path / "x", expect=1).stderr
    assert "has no `clips`" in said


def test_nothing_is_replaced_by_less(made: Path, workspace: Path, tmp_path: Path) -> None:
    dataset = workspace / "audsem"
    release = tmp_path / "release"
    whole = tmp_path / "whole"
    shutil.copytree(dataset, whole)
    run_cli("invalidate", "assemble", "--workspace", workspace)
    run_cli("assemble", "--workspace", workspace, "--set", "audio=none")
    shutil.copytree(dataset, release)
    before = {path: path.read_bytes() for path in (*release.rglob("*.*"), *whole.rglob("*.*")) if path.is_file()}
    said = run_cli("hydrate", release, "--source", made, "--out", release, expect=2).stderr
    assert "is the release itself" in said
    said = run_cli("hydrate", release, "--source", made, "--out", dataset, expect=2).stderr
    assert "is no dataset with sound" in said
    (workspace / "exclude.txt").write_text("demo-00\n")
    run_cli("run", "--workspace", workspace)
    said = run_cli("hydrate", dataset, "--source", made, "--out", whole, expect=2).stderr
    assert "rows that this release has not" in said
    (tmp_path / "none").mkdir()
    said = run_cli("hydrate", release, "--source", tmp_path / "none", "--out", tmp_path / "x", expect=1).stderr
    assert "clips has sound (media_missing" in said
    assert before == {
        path: path.read_bytes() for path in (*release.rglob("*.*"), *whole.rglob("*.*")) if path.is_file()
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == ["none", "release", "w", "whole"]


def test_an_empty_dataset_is_no_success(made: Path, workspace: Path, tmp_path: Path) -> None:
    run_cli("invalidate", "select-clips", "--workspace", workspace)
    setting = ("--set", "select-clips.min_duration_ms=999000")
    done = run_cli("run", "--workspace", workspace, *setting, expect=1)
    assert "no clip is left for a dataset" in done.stderr
    assert "score-duration" in done.stderr or "select-clips" in done.stderr
    assert "the dataset:" not in done.stdout
    run_cli("run", "--workspace", workspace, expect=1)  # nor is it when nothing is left to do
