"""Annotators of the same media share one decode of a clip and one resample a rate, and not their misfortunes."""

from collections import Counter
from pathlib import Path

import pytest

from audsem_data import Project
from audsem_data.core import stage
from audsem_data.core.errors import StageError
from audsem_data.media import clips
from audsem_data.media.clips import decode_clip
from audsem_data.media.resample import resample
from audsem_data.runtime.context import Context, RunOptions
from audsem_data.runtime.discovery import STAGE_PACKAGES, load_stages
from audsem_data.runtime.session import Edits, driving, groups, open_context
from audsem_data.storage.upstream import WorkspaceUpstream

ANNOTATOR = '''"""Count samples at {rate} Hz."""

import pyarrow as pa

from audsem_data.core.outcome import Done
from audsem_data.core.schema import Column
from audsem_data.core.stage import Audio, Needs, NoConfig, stage


@stage("annotate-{name}", version=1, needs=[Needs("standardize", ("audio_sha256",))], media=(Audio({rate}),),
       emits=[Column("count", pa.int64(), "samples")], batch=3)
def open_it(config):
    def process(items):
        if {broken}:
            raise ZeroDivisionError("a defect of the annotator")
        return [Done.one(count=len(item.media[Audio({rate})])) for item in items]
    return process
'''


def joined(workspace: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, package: str, broken: bool) -> Context:
    """Add three annotators to a workspace: two at one rate, of which one may be broken, one at another."""
    (folder / package).mkdir(parents=True)
    (folder / package / "__init__.py").write_text("")
    for name, rate, fails in (("one", 16000, False), ("two", 16000, broken), ("three", 8000, False)):
        text = ANNOTATOR.format(name=f"{package}-{name}".replace("_", "-"), rate=rate, broken=fails)
        (folder / package / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(str(folder))
    options = RunOptions(workers=0, packages=(*STAGE_PACKAGES, package))
    for name in ("one", "two", "three"):
        context, _ = open_context(workspace, Edits(stage=f"annotate-{package}-{name}".replace("_", "-")), options)
    return context


@pytest.fixture(autouse=True)
def _forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget, after each test, the stages that it declared."""
    monkeypatch.setattr(stage, "_REGISTRY", dict(load_stages()))


def test_a_clip_is_decoded_once_for_all(workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = joined(workspace, tmp_path / "code", monkeypatch, "sound_stages", broken=False)
    calls: Counter[str] = Counter()
    monkeypatch.setattr(clips, "decode_clip", lambda data: calls.update(["decode"]) or decode_clip(data))
    monkeypatch.setattr(clips, "resample", lambda s, a, b: calls.update([f"to {b}"]) or resample(s, a, b))
    names = [name for names in groups(context) if len(names) > 1 for name in names]
    assert names == ["annotate-acoustics", *(f"annotate-sound-stages-{n}" for n in ("one", "two", "three"))]
    with driving(context, shown=False) as driver:
        driver.run(names)
    count = Project(workspace).read("standardize").num_rows
    assert calls == {"decode": count, "to 16000": count, "to 8000": count}
    counts = {(r["annotate-sound-stages-one"], r["annotate-sound-stages-three"]) for r in _counts(context)}
    assert all(abs(one - 2 * three) <= 2 for one, three in counts)


def _counts(context: Context) -> list[dict[str, int]]:
    upstream = WorkspaceUpstream(context.workspace, context.stages, frozenset())
    names = ("annotate-sound-stages-one", "annotate-sound-stages-three")
    columns = [upstream.table(name, 0)["count"].to_pylist() for name in names]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def test_a_broken_annotator_costs_the_others_nothing(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = joined(workspace, tmp_path / "code", monkeypatch, "broken_stages", broken=True)
    names = next(names for names in groups(context) if len(names) > 1)
    with driving(context, shown=False) as driver, pytest.raises(StageError, match="a defect of the annotator"):
        driver.run(names)
    done = {path.parent.parent.name for path in workspace.glob("annotate-*/v1/part-00000.json")}
    assert done == {"annotate-acoustics", "annotate-broken-stages-one", "annotate-broken-stages-three"}
