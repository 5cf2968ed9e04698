"""The whole paper by one command: from subtitles and published videos to a dataset with all its evidence."""

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from generate.scripted import ScriptedServer
from pipeline.comparing import data_files, stray_files, unreconciled
from pipeline.conftest import run_cli
from pipeline.test_kill_drill import progress, run_until

from audsem_data import Project
from audsem_data.publish.checks import check_dataset
from audsem_data.publish.layout import CONFIGS
from audsem_data.runtime.profiles import load_profile

from .tiny_paper import WRITERS


def test_from_subtitles_to_a_dataset(
    tiny_recipe: Path, captions: Path, writer: ScriptedServer, tmp_path: Path
) -> None:
    workspace = tmp_path / "w"
    arguments = ("--recipe", tiny_recipe, "--source", captions, "--workspace", workspace)
    run_cli("run", *arguments, "--device", "cpu", "--workers", "1")
    status = json.loads(run_cli("status", "-w", workspace, "--json").stdout)["stages"]
    assert {line["stage"] for line in status} == set(load_profile("paper").stages)
    assert all(line["complete"] for line in status)
    assert {line["stage"] for line in status if not line["rows_out"]} == set()
    assert not unreconciled(workspace)
    assert not stray_files(workspace)
    dataset = workspace / "audsem"
    assert check_dataset(dataset) == []
    rows = {config: 0 for config in CONFIGS}
    for path in dataset.glob("data/*/*.parquet"):
        rows[path.parent.name] += pq.read_metadata(path).num_rows
    assert min(rows.values()) > 0, rows
    card = (dataset / "README.md").read_text()
    for stage in load_profile("paper").stages:
        if stage.startswith("annotate-"):
            assert f"| {stage} |" in card
    count = len(writer.asked)
    assert "up to date" in run_cli("run", *arguments, "--device", "cpu").stdout
    assert len(writer.asked) == count


@pytest.mark.drill
def test_two_kills_change_no_byte(
    tiny_recipe: Path, captions: Path, writer: ScriptedServer, tmp_path: Path
) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    arguments = ["run", "--recipe", str(tiny_recipe), "--source", str(captions), "--device", "cpu"]
    run_cli(*arguments, "--workspace", whole)
    asked = len(writer.asked)
    ended = [
        run_until(killed, [*arguments, "--workspace", str(killed)], share * progress(whole), 0.02)
        for share in (0.35, 0.75)
    ]
    assert ended == [False, False]
    run_cli(*arguments, "--workspace", killed)
    once, again = data_files(whole), data_files(killed)
    assert {name for name, digest in once.items() if again.get(name) != digest} <= {MANIFEST_FILE}
    assert once.keys() == again.keys()
    assert manifest(killed) == manifest(whole)
    assert not stray_files(killed)
    assert not unreconciled(killed)
    assert len(writer.asked) - asked <= asked + 2 * 16  # a kill loses at most what was in flight


@pytest.mark.drill
def test_what_grows_pays_for_nothing_twice(
    tiny_recipe: Path, captions: Path, writer: ScriptedServer, tmp_path: Path
) -> None:
    workspace, source = tmp_path / "w", tmp_path / "subtitles"
    source.mkdir()
    first, *others = sorted(captions.iterdir())
    shutil.copy(first, source)
    recipe = tmp_path / "small.yaml"
    text = f"extend: {tiny_recipe}\nprofile: small\nstages:\n"
    text += "".join(f"  {stage}: {{prompt_version: 1}}\n" for stage in WRITERS)  # which shows nothing of BLIP
    recipe.write_text(text + "  annotate-blip: false\n")
    arguments = [
        "run",
        "--recipe",
        str(recipe),
        "--source",
        str(source),
        "--workspace",
        str(workspace),
        "--device",
        "cpu",
    ]
    run_cli(*arguments)
    stood, asked = committed(workspace), len(writer.asked)

    for path in others:  # more videos
        shutil.copy(path, source)
    run_cli(*arguments)
    assert redone(stood, workspace) <= {"assemble", "score-duplicates"}  # whose corpus has grown
    assert len(writer.asked) > asked
    assert twice(writer) == []
    stood, asked = committed(workspace), len(writer.asked)

    recipe.write_text(text)  # one more annotator
    run_cli(*arguments)
    assert "annotate-blip" in {name.partition("/")[0] for name in committed(workspace)}
    assert redone(stood, workspace) <= {"combine", "select-clips", *WRITERS, "assemble"}
    assert len(writer.asked) == asked
    before = {stage: rows(workspace, stage) for stage in ("annotate-beats", "annotate-blip", "generate-open-qa")}
    run_cli("invalidate", "select-clips", "--workspace", workspace)
    recipe.write_text(text + "  select-clips: {min_duration_ms: 3600}\n")  # another threshold
    run_cli(*arguments[:-1], "nowhere:0")  # where no model could be opened
    for stage, stood_rows in before.items():
        left = rows(workspace, stage)
        assert [row for row in stood_rows if row in left] == left
        assert 0 < len(left) < len(stood_rows)
    assert len(writer.asked) == asked


MANIFEST_FILE = "audsem/manifest.json"


def manifest(workspace: Path) -> dict[str, Any]:
    """Return a dataset's manifest without what it tells of the requests that were paid for, and of files."""
    told: dict[str, Any] = json.loads((workspace / MANIFEST_FILE).read_text())
    for stage in told["options"]["history"]:
        stage.pop("usage", None)
    return {name: value for name, value in told.items() if name != "files"}


def rows(workspace: Path, stage: str) -> list[dict[str, Any]]:
    """Return the rows of a stage."""
    return list(Project(workspace).read(stage).to_pylist())


def redone(stood: dict[str, int], workspace: Path) -> set[str]:
    """Return the stages of which a data file that stood was written anew, or is gone."""
    now = committed(workspace)
    return {name.partition("/")[0] for name, stamp in stood.items() if now.get(name) != stamp}


def committed(workspace: Path) -> dict[str, int]:
    """Return when each data file was written."""
    return {
        str(path.relative_to(workspace)): path.stat().st_mtime_ns for path in workspace.glob("*/v*/part-*.parquet")
    }


def twice(writer: ScriptedServer) -> list[str]:
    """Return the clips of which the server was asked the very same twice."""
    bodies = Counter(json.dumps(asked.body, sort_keys=True) for asked in writer.asked)
    return [body[:200] for body, count in bodies.items() if count > 1]
