"""Evidence is there, not applicable or missing, and only what is missing makes a clip incomplete."""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from audsem_data import Project
from audsem_data.runtime.context import Context, RunOptions
from audsem_data.runtime.discovery import STAGE_PACKAGES
from audsem_data.runtime.session import Edits, driving, groups, open_context
from audsem_data.storage.parquet import read_table

PACKAGE = "conditional_stages"
ONLY_MUSIC = '''
"""Choose about half of the clips; say something of those, and fail the first."""

import pyarrow as pa

from audsem_data.core.outcome import Done, Failed, Reason
from audsem_data.core.schema import Column
from audsem_data.core.stage import NoConfig, Needs, Over, stage


class Why(Reason):
    BROKEN = "broken", "it was told to fail"


@stage(
    "detect-odd",
    version=1,
    needs=[Needs("standardize", ("audio_sha256",))],
    emits=[Column("odd", pa.bool_(), "whether its sound's digest begins with an odd digit")],
)
def open_detect_odd(config: NoConfig):
    return lambda items: [Done.one(odd=int(item["audio_sha256"][0], 16) % 2 == 1) for item in items]


@stage(
    "annotate-only-odd",
    version=1,
    needs=[Needs("standardize", ("audio_sha256",))],
    emits=[Column("said", pa.string(), "a word")],
    over=Over("detect-odd", "odd"),
    reasons=(Why,),
    tolerated=0.9,
)
def open_only_odd(config: NoConfig):
    calls = []

    def process(items):
        calls.extend(items)
        return [Failed(Why.BROKEN) if item is calls[0] else Done.one(said="odd") for item in items]

    return process
'''


@pytest.fixture
def options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunOptions:
    """Install a package whose annotator runs over clips that another stage chose."""
    folder = tmp_path / "packages" / PACKAGE
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "annotate_only_odd.py").write_text(ONLY_MUSIC)
    monkeypatch.syspath_prepend(str(folder.parent))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return RunOptions(packages=(*STAGE_PACKAGES, PACKAGE))


def run(context: Context) -> None:
    with driving(context, shown=False) as driver:
        list(driver.run_all(groups(context)))


def rows(workspace: Path, stage: str) -> list[dict[str, Any]]:
    return list(Project(workspace).read(stage).to_pylist())


def test_an_annotator_of_some_clips_costs_the_others_nothing(workspace: Path, options: RunOptions) -> None:
    kept = {row["clip_id"] for row in rows(workspace, "select-clips") if row["keep"]}
    open_context(workspace, Edits(stage="detect-odd"), options)
    context, _ = open_context(workspace, Edits(stage="annotate-only-odd"), options)
    run(context)
    odd = {row["clip_id"]: row["odd"] for row in rows_of(context, "detect-odd")}
    evidence = {row["clip_id"]: row for row in rows_of(context, "combine")}
    states = Counter(state_of(row) for row in evidence.values())
    chosen = sum(odd[key] for key in evidence)
    assert 1 < chosen < len(evidence)
    assert states == {"there": chosen - 1, "missing": 1, "not_applicable": len(evidence) - chosen}
    reasons = {row["not_applicable"][0]["reason"] for row in evidence.values() if row["not_applicable"]}
    assert reasons == {"not chosen by detect-odd"}
    failed = next(key for key, row in evidence.items() if not row["complete"])
    assert evidence[failed]["missing"][0]["reason"] == "failed_permanent (broken)"
    after = {row["clip_id"] for row in rows_of(context, "select-clips") if row["keep"]}
    assert after == kept - {failed}
    line = f"| only_odd | {chosen - 1} | {len(evidence) - chosen} | 0 |"
    assert line in (workspace / "audsem" / "README.md").read_text()


def state_of(row: dict[str, Any]) -> str:
    states = [name for name in ("missing", "not_applicable") if row[name]]
    states += ["there"] if row["only_odd"] else []
    assert len(states) == 1, json.dumps(row, default=str)
    assert row["complete"] == (states != ["missing"])
    return states[0]


def rows_of(context: Context, stage: str) -> list[dict[str, Any]]:

    declared = context.stage(stage)
    found: list[dict[str, Any]] = []
    for record in context.workspace.records(declared).values():
        found += read_table(context.workspace.path(declared, record.data)).to_pylist()
    return found
