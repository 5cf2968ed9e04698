"""The whole paper by one command: from subtitles and published videos to a dataset with all its evidence."""

import json
from pathlib import Path

import pyarrow.parquet as pq
from generate.scripted import ScriptedServer
from pipeline.comparing import stray_files, unreconciled
from pipeline.conftest import run_cli

from audsem_data.publish.checks import check_dataset
from audsem_data.publish.layout import CONFIGS
from audsem_data.runtime.profiles import load_profile


def test_from_subtitles_to_a_dataset(tiny_recipe: Path, made: Path, writer: ScriptedServer, tmp_path: Path) -> None:
    workspace = tmp_path / "w"
    arguments = ("--recipe", tiny_recipe, "--source", made / "subtitles", "--workspace", workspace)
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
