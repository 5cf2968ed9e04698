"""The examples of CONTRIBUTING.md, an annotator and a filter of one file each, join a finished workspace."""

import io
import re
import sys
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from audsem_data import Project
from audsem_data.media.clips import decode_clip
from audsem_data.runtime.context import Context, RunOptions
from audsem_data.runtime.discovery import STAGE_PACKAGES
from audsem_data.runtime.maintenance import invalidate
from audsem_data.runtime.session import Edits, driving, groups, open_context
from audsem_data.storage.parquet import read_table
from audsem_data.storage.tars import iterate_clips

from .conftest import ROOT

PACKAGE = "joining_stages"


@pytest.fixture
def examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Install the examples as a package of stages; returns the code of each by its stage's name."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL)
    found = {re.findall(r'"((?:annotate|score)-\w+)"', code)[0]: code for code in blocks}
    folder = tmp_path / "packages" / PACKAGE
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text('"""Stages from outside."""\n')
    for name, code in found.items():
        (folder / f"{name.replace('-', '_')}.py").write_text(code)
    monkeypatch.syspath_prepend(str(folder.parent))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return found


def names(workspace: Path, pattern: str) -> set[str]:
    return {str(path.relative_to(workspace)) for path in workspace.glob(pattern)}


def test_the_examples_of_the_guide_join_a_finished_workspace(examples: dict[str, str], workspace: Path) -> None:
    for code in examples.values():
        assert len([line for line in code.partition('"""\n\n')[2].splitlines() if line]) <= 25
    paid = names(workspace, "annotate-*/v*/part*") | names(workspace, "standardize/v*/part*")
    written = names(workspace, "generate-*/v*/part*")
    options = RunOptions(packages=(*STAGE_PACKAGES, PACKAGE))
    for stage in ("annotate-peak", "annotate-brightness"):
        context, changes = open_context(workspace, Edits(stage=stage), options)
        assert changes == [f"stages: + {stage}"]
    run_all(context)
    assert paid <= names(workspace, "annotate-*/v*/part*") | names(workspace, "standardize/v*/part*")
    assert written == names(workspace, "generate-*/v*/part*")
    check_evidence(context)
    check_filter(workspace, options)


def check_filter(workspace: Path, options: RunOptions) -> None:
    """Let the filter join, decide by its own threshold and by another, and be switched off."""
    before = decisions(workspace)
    context, changes = open_context(workspace, Edits(stage="score-words"), options)
    assert changes == ["stages: + score-words"]
    captions = {row["clip_id"]: row["caption"] for row in Project(workspace).read("select-captions").to_pylist()}
    words = {key: len(captions[key].split()) for key in before}
    least = max(words.values())
    assert min(words.values()) < least
    for said, threshold in (("{}", 2), (f"{{words: {least}}}", least), ("{words: false}", 0)):
        invalidate(context, context.stage("select-clips"))
        context, _ = open_context(workspace, Edits(settings=(f"select-clips.thresholds={said}",)), options)
        with driving(context, shown=False) as driver:
            driver.run(["score-words"])
            driver.run(["select-clips"])
        few = {key for key, why in before.items() if why is None and words[key] < threshold}
        assert decisions(workspace) == {key: "few_words" if key in few else why for key, why in before.items()}


def decisions(workspace: Path) -> dict[str, str | None]:
    """Return why each clip is not kept, None for those that are."""
    [data] = (workspace / "select-clips").glob("v2/part-*.parquet")
    return {row["clip_id"]: row["reason"] for row in read_table(data).to_pylist()}


def run_all(context: Context) -> None:
    with driving(replace(context), shown=False) as driver:
        list(driver.run_all(groups(context)))


def check_evidence(context: Context) -> None:
    """Compare the evidence with the samples and pictures themselves."""
    workspace, standardize = context.workspace, context.stage("standardize")
    evidence: dict[str, dict[str, dict[str, float]]] = {}
    for shard, record in workspace.records(context.stage("combine")).items():
        table = read_table(workspace.path(context.stage("combine"), record.data))
        evidence.update({row["clip_id"]: row for row in table.to_pylist()})
        tar = workspace.records(standardize)[shard].tar
        assert tar
        for key, files in iterate_clips(workspace.path(standardize, tar)):
            samples, _ = decode_clip(files["flac"])
            # resampling to 16 kHz may move a peak, never by much
            assert evidence[key]["peak"]["peak"] == pytest.approx(np.abs(samples).max(), abs=0.25)
            greys = grey(files["mp4"])
            assert min(greys) - 1 < evidence[key]["brightness"]["brightness"] < max(greys) + 1
    assert evidence


def grey(mp4: bytes) -> list[float]:
    """Return the mean of each picture in grey, by Pillow: its formula is the example's."""
    with av.open(io.BytesIO(mp4), mode="r") as video:
        pictures = [Image.fromarray(frame.to_ndarray(format="rgb24")) for frame in video.decode(video=0)]
    return [float(np.asarray(picture.convert("L")).mean()) for picture in pictures]
