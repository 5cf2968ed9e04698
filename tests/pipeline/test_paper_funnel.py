"""`status --paper`: the paper's funnel beside the workspace's."""

import itertools
import re
from pathlib import Path

import pytest

from audsem_data.runtime.paper_funnel import paper_funnel
from audsem_data.runtime.session import existing_context

from .conftest import run_cli


def test_shares_are_of_the_step_before(built: Path) -> None:
    steps = paper_funnel(existing_context(built))
    assert [step.paper for step in steps] == [None, 75_794_563, 9_464_882, 6_965_224, 5_332_211, 213_908]
    assert [round(step.paper_share or 0, 4) for step in steps] == [0, 0.0257, 0.1249, 0.7359, 0.7655, 0.0401]
    counts = [step.ours or 0 for step in steps]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] > 0
    for before, step in itertools.pairwise(steps):
        assert step.ours is not None
        assert before.ours
        assert step.ours_share == pytest.approx(step.ours / before.ours)


def test_a_workspace_that_has_only_begun_shows_what_it_has(made: Path, tmp_path: Path) -> None:
    workspace = tmp_path / "w"
    run_cli("ingest", "--source", made, "-w", workspace)
    shown = run_cli("status", "-w", workspace, "--paper").stdout
    (lines,) = re.findall(r"^subtitle lines +([0-9,]+)", shown, re.MULTILINE)
    assert int(lines.replace(",", "")) > 0
    assert re.search(r"^clips +- +6,965,224 +73.59%$", shown, re.MULTILINE)
