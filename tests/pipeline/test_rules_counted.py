"""`status` counts what each rule of `extract-sdh` brought in; a rerun keeps the counts."""

import json
from pathlib import Path

from .conftest import run_cli

ROWS = """video_id,start,end,text
a,0,2,[dog barks]
a,3,5,[laughter] [applause]
a,6,8,- [bird chirps]
b,0,2,JOHN: [coughs]
b,3,5,[a] and [b]
"""


def test_status_counts_what_each_rule_brought_in(tmp_path: Path) -> None:
    table, workspace = tmp_path / "cues.csv", tmp_path / "w"
    table.write_text(ROWS)
    for _ in range(2):
        run_cli("run", "--source", table, "-w", workspace, "--until", "classify-lexicon")
        shown = run_cli("status", "-w", workspace).stdout
        for line in ("done: several_brackets: 1", "done: framed: 1", "done: labelled: 1"):
            assert line in shown
    stages = {s["stage"]: s for s in json.loads(run_cli("status", "-w", workspace, "--json").stdout)["stages"]}
    assert stages["extract-sdh"]["counts"] == {
        "done": 1,
        "done:framed": 1,
        "done:labelled": 1,
        "done:several_brackets": 1,
        "filtered:not_bracketed": 1,
    }
    assert stages["classify-lexicon"]["counts"] == {"done": 4}
