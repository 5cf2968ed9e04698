"""What the terminal shows: a few clips, the funnel as it fills, and completion."""

import hashlib
import json
import os
import pty
import signal
import subprocess
import time
from pathlib import Path

from pipeline.conftest import COMMAND, run_cli

from audsem_data.runtime.api import Project
from report.hostile import HOSTILE, write_hostile_dataset


def test_a_sample_shows_texts_and_saves_sound(built: Path, tmp_path: Path) -> None:
    said = run_cli("sample", "--workspace", built, "-n", "2", "--save", tmp_path / "s").stdout
    files = sorted((tmp_path / "s").iterdir())
    held = {row["clip_id"]: row for row in Project(built).read("standardize", "select-captions").to_pylist()}
    assert len(files) == 2
    for path in files:
        assert hashlib.sha256(path.read_bytes()).hexdigest() == held[path.stem]["audio_sha256"]
        assert held[path.stem]["caption"] in said
    assert "thinking:" in said and "mc_qa" in said
    assert run_cli("sample", "--workspace", built, "-n", "2").stdout == said, "the same are drawn again"
    rows = json.loads(run_cli("sample", built / "audsem", "-n", "3", "--json").stdout)
    assert len(rows) == 3 and all(row["examples"] and row["caption"] for row in rows)


def test_texts_that_mean_harm_move_no_cursor(tmp_path: Path) -> None:
    write_hostile_dataset(tmp_path / "d")
    said = run_cli("sample", tmp_path / "d", "-n", str(len(HOSTILE))).stdout
    assert "\x1b" not in said and "\x07" not in said
    assert "[31m" in said, "nor is it taken for markup"


def test_the_funnel_is_shown_until_it_is_interrupted(built: Path) -> None:
    main, other = pty.openpty()
    watching = subprocess.Popen(
        [*COMMAND, "status", "--watch", "--workspace", built],
        stdout=other,
        stderr=other,
        stdin=other,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "200"},
    )
    os.close(other)
    shown, deadline = b"", time.monotonic() + 60
    while shown.count(b"assemble") < 2 and time.monotonic() < deadline:
        shown += os.read(main, 65536)
    watching.send_signal(signal.SIGINT)
    assert watching.wait(timeout=30) == 130
    os.close(main)
    assert shown.count(b"assemble") >= 2


def test_where_there_is_no_terminal_it_is_shown_once(built: Path) -> None:
    assert run_cli("status", "--watch", "--workspace", built).stdout.count("assemble") == 1
    assert "--watch" in run_cli("status", "--watch", "--json", "--workspace", built, expect=2).stderr


def test_shells_complete_commands() -> None:
    asked = {
        **os.environ,
        "_AUDSEM_DATA_COMPLETE": "complete_bash",
        "COMP_WORDS": "audsem-data bro",
        "COMP_CWORD": "1",
    }
    command = [
        COMMAND[0],
        "-c",
        "import sys; sys.argv[0] = 'audsem-data'; from audsem_data.cli.main import main; main()",
    ]
    done = subprocess.run(command, capture_output=True, text=True, env=asked, check=False)
    assert done.stdout.split() == ["browse"]


def test_programs_read_what_a_run_did(workspace: Path) -> None:
    run_cli("invalidate", "select-clips", "--workspace", workspace)
    asked = ("--set", "select-clips.min_duration_ms=4000", "--json")
    ahead = json.loads(run_cli("run", "--workspace", workspace, "--dry-run", *asked).stdout)
    assert "select-clips" in [one["stage"] for one in ahead["stages"] if one["pending"]]
    lines = [json.loads(line) for line in run_cli("run", "--workspace", workspace, *asked).stdout.splitlines()]
    by_name = {line["name"]: line for line in lines}
    assert by_name["select-clips"]["worked"] == 1 and by_name["ingest"]["worked"] == 0
    assert by_name["assemble"]["failed"] == 0
    alone = json.loads(run_cli("combine", "--workspace", workspace, "--json").stdout)
    assert alone["counts"] == {"done": alone["rows_in"]}
    costs = run_cli("generate", "--workspace", workspace, "--estimate", "--json").stdout.splitlines()
    assert {json.loads(line)["backend"] for line in costs} == {"rules"}
    assert json.loads(run_cli("clean", "--workspace", workspace, "--json").stdout)["bytes"] >= 0
