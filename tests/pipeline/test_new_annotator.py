"""A new annotator is one file: the example of CONTRIBUTING.md joins a finished workspace and costs only itself."""

import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from audsem_data.media.clips import decode_clip
from audsem_data.runtime.context import Context, RunOptions
from audsem_data.runtime.discovery import STAGE_PACKAGES
from audsem_data.runtime.session import Edits, driving, groups, open_context
from audsem_data.storage.parquet import read_table
from audsem_data.storage.tars import iterate_clips

from .conftest import ROOT

PACKAGE = "joining_stages"


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Install the example as a package of stages; returns its code."""
    found = re.search(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL)
    assert found
    folder = tmp_path / "packages" / PACKAGE
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text('"""Stages from outside."""\n')
    (folder / "annotate_peak.py").write_text(found[1])
    monkeypatch.syspath_prepend(str(folder.parent))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return found[1]


def names(workspace: Path, pattern: str) -> set[str]:
    return {str(path.relative_to(workspace)) for path in workspace.glob(pattern)}


def test_the_example_of_the_guide_joins_a_finished_workspace(example: str, workspace: Path) -> None:
    assert len(example.splitlines()) < 60
    paid = names(workspace, "annotate-*/v*/part*") | names(workspace, "standardize/v*/part*")
    written = names(workspace, "generate-*/v*/part*")
    options = RunOptions(packages=(*STAGE_PACKAGES, PACKAGE))
    context, changes = open_context(workspace, Edits(stage="annotate-peak"), options)
    assert changes == ["stages: + annotate-peak"]
    run_all(context)
    assert paid <= names(workspace, "annotate-*/v*/part*") | names(workspace, "standardize/v*/part*")
    assert written == names(workspace, "generate-*/v*/part*")
    check_peaks(context)


def run_all(context: Context) -> None:
    with driving(replace(context), shown=False) as driver:
        list(driver.run_all(groups(context)))


def check_peaks(context: Context) -> None:
    """Compare the evidence with the samples themselves."""
    workspace, standardize = context.workspace, context.stage("standardize")
    evidence: dict[str, dict[str, float]] = {}
    for shard, record in workspace.records(context.stage("combine")).items():
        table = read_table(workspace.path(context.stage("combine"), record.data))
        evidence.update(zip(table["clip_id"].to_pylist(), table["peak"].to_pylist(), strict=True))
        tar = workspace.records(standardize)[shard].tar
        assert tar
        for key, files in iterate_clips(workspace.path(standardize, tar)):
            samples, _ = decode_clip(files["flac"])
            # resampling to 16 kHz may move a peak, never by much
            assert evidence[key]["peak"] == pytest.approx(np.abs(samples).max(), abs=0.25)
    assert evidence
