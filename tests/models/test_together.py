"""All audio annotators at once: one decode, each its own file, and a dataset that shows what they said."""

from collections import Counter
from pathlib import Path
from typing import Any

import datasets
import pyarrow.parquet as pq
import pytest
import torch

from audsem_data import Project
from audsem_data.core.stage import Audio
from audsem_data.media import clips
from audsem_data.media.clips import decode_clip
from audsem_data.media.resample import resample
from audsem_data.runtime.context import RunOptions
from audsem_data.runtime.session import Edits, driving, open_context, taking

from . import test_beats, test_sat
from .test_annotating import cli, rows
from .tiny_qwen2_audio import save_qwen2_audio
from .tiny_transformers import save_ast, save_clap

TAGGERS = ("annotate-beats", "annotate-sat", "annotate-ast")


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("tiny")
    torch.save(test_beats.published(test_beats.TINY), folder / "beats.pt")
    torch.save(test_sat.published(test_sat.TINY), folder / "sat.pt")
    return {
        "annotate-beats": folder / "beats.pt",
        "annotate-sat": folder / "sat.pt",
        "annotate-ast": save_ast(folder / "ast"),
        "annotate-qwen2-audio": save_qwen2_audio(folder / "qwen"),
        "embed-clap-audio": save_clap(folder / "clap"),
    }


def settings(checkpoints: dict[str, Path]) -> tuple[str, ...]:
    return (
        *(f"{stage}.checkpoint={path}" for stage, path in checkpoints.items()),
        "annotate-qwen2-audio.max_new_tokens=4",
        "annotate-qwen2-audio.beams=2",
    )


def test_one_decode_and_one_resample_a_rate_for_all(
    workspace: Path, checkpoints: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = RunOptions(workers=0, device="cpu", tolerate=1.0)
    for stage in checkpoints:
        open_context(workspace, Edits(stage=stage), run)
    context, _ = open_context(workspace, Edits(settings=settings(checkpoints)), run)
    calls: Counter[str] = Counter()
    monkeypatch.setattr(clips, "decode_clip", lambda data: calls.update(["decode"]) or decode_clip(data))
    monkeypatch.setattr(clips, "resample", lambda s, a, b: calls.update([f"to {b}"]) or resample(s, a, b))
    [together] = taking(context, lambda need: isinstance(need, Audio))
    assert set(together) == {"annotate-acoustics", *checkpoints}
    with driving(context, shown=False) as driver:
        driver.run(together)
    count = len(rows(workspace, "annotate-acoustics"))
    assert count > 5
    assert calls == {"decode": count, "to 16000": count, "to 48000": count}
    for stage in checkpoints:
        assert sum(pq.read_metadata(p).num_rows for p in (workspace / stage).glob("v*/outcomes-*")) == count


def test_the_dataset_shows_what_they_said(workspace: Path, checkpoints: dict[str, Path]) -> None:
    for stage in TAGGERS:
        cli(stage, "-w", workspace, "--set", f"checkpoint={checkpoints[stage]}", "--device", "cpu")
    before = rows(workspace, "annotate-acoustics")
    cli("run", "-w", workspace)
    assert rows(workspace, "annotate-acoustics") == before
    loaded = datasets.load_dataset(str(workspace / "audsem"), "clips").cast_column(
        "audio", datasets.Audio(decode=False)
    )
    shown: list[dict[str, Any]] = [row for split in loaded.values() for row in split]
    said = {row["clip_id"]: row for row in rows(workspace, "combine")}
    assert shown
    for row in shown:
        assert [tag["label"] for tag in row["beats"]["tags"]] == [
            t["label"] for t in said[row["clip_id"]]["beats"]["tags"]
        ]
        assert len(row["ast"]["tags"]) == 5
        assert [second["second"] for second in row["sat"]["seconds"]] == list(range(len(row["sat"]["seconds"])))
    card = (workspace / "audsem" / "README.md").read_text()
    for stage in TAGGERS:  # own checkpoints answered: the card claims no published model, and no licence
        assert f"| {stage} | own checkpoint (sha256:" in card
    assert "not known to the tool" in card
    assert "BSD-3-Clause" not in card
    assert "qwen2_audio" not in card


def test_a_stage_that_is_killed_goes_on_with_what_was_paid_for(
    workspace: Path, checkpoints: dict[str, Path]
) -> None:
    setting = ("--set", f"checkpoint={checkpoints['annotate-sat']}", "--device", "cpu")
    cli("annotate-sat", "-w", workspace, *setting)
    whole = Project(workspace).read("annotate-sat").to_pylist()
    cli("invalidate", "annotate-sat", "-w", workspace)
    [segment] = (workspace / "cache" / "annotate-sat").rglob("*.seg")
    segment.write_bytes(segment.read_bytes()[:-7])  # torn in its last entry
    cli("annotate-sat", "-w", workspace, "--device", "cpu")
    again = Project(workspace).read("annotate-sat").to_pylist()
    assert [row["clip_id"] for row in again] == [row["clip_id"] for row in whole]
    assert [[t["label"] for t in s["tags"]] for r in again for s in r["seconds"]] == [
        [t["label"] for t in s["tags"]] for r in whole for s in r["seconds"]
    ]
