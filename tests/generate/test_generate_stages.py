"""The generate stages in a workspace, written by a model behind a server: what is asked, and what it costs."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from audsem_data import Project
from audsem_data.runtime.session import existing_context
from audsem_data.runtime.status import StageStatus, workspace_status

from .scripted import Asked, ScriptedServer, scripted_server

STAGE = "generate-open-qa"
STAGES = ("generate-captioning", "generate-mc-qa", "generate-open-qa", "generate-creative-writing")
MAKE_VIDEOS = Path(__file__).resolve().parents[2] / "docs" / "demo" / "make_videos.py"
COMMAND = [sys.executable, "-c", "from audsem_data.cli.main import main; main()"]


def run_cli(*arguments: str | Path) -> str:
    """Run `audsem-data` in a process of its own and return what it says."""
    done = subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace up to the clips that are kept; do not change it."""
    folder = tmp_path_factory.mktemp("ready")
    subprocess.run([sys.executable, MAKE_VIDEOS, folder / "source", "3"], check=True, capture_output=True)
    Project(folder / "w", sources=[str(folder / "source")]).run(until="select-clips", workers=0)
    return folder / "w"


@pytest.fixture
def emptied(ready: Path, tmp_path: Path) -> Path:
    """A copy of it, to change."""
    shutil.copytree(ready, tmp_path / "w")
    return tmp_path / "w"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as made:
        yield made


def by_model(server: ScriptedServer, *more: str) -> list[str]:
    """Return the settings that have a server's model write."""
    values = ("backend=openai", "served_model=m", f"endpoint={server.url}", *more)
    return [part for value in values for part in ("--set", value)]


def rows(workspace: Path, stage: str = STAGE) -> list[dict[str, Any]]:
    files = sorted((workspace / stage).glob("v*/part-*.parquet"))
    return [row for path in files for row in pq.read_table(path).to_pylist()]


def fates(workspace: Path, stage: str = STAGE) -> Counter[str]:
    files = sorted((workspace / stage).glob("v*/outcomes-*.parquet"))
    return Counter(f"{r['outcome']}:{r['reason']}" for path in files for r in pq.read_table(path).to_pylist())


def status_of(workspace: Path, stage: str = STAGE) -> StageStatus:
    return next(line for line in workspace_status(existing_context(workspace)) if line.stage == stage)


def test_a_model_writes_and_what_it_cost_is_told(emptied: Path, server: ScriptedServer) -> None:
    priced = by_model(server, "price_in=1.0", "price_out=2.0")
    run_cli(STAGE, "--workspace", emptied, *priced)
    kept = rows(emptied)
    assert {row["writer"] for row in kept} == {"m"}
    assert {row["variant"] for row in kept} == {"simple", "semantic"}
    usage = status_of(emptied).usage
    assert usage["requests"] == len(server.written())
    assert usage["judge_requests"] == len(server.asked) - len(server.written())
    assert usage["tokens_in"] > usage["tokens_cached"] > 0
    said = run_cli("status", "--workspace", emptied)
    assert f"{usage['tokens_in'] + usage['judge_tokens_in']:,.0f} tokens in" in said
    assert "a row" in said
    assert "up to date" in run_cli(STAGE, "--workspace", emptied)
    run_cli("run", "--workspace", emptied)
    card = (emptied / "audsem" / "README.md").read_text()
    [line] = [line for line in card.splitlines() if line.startswith(f"| {STAGE} | {len(server.asked)} |")]
    assert f"| {usage['tokens_in'] + usage['judge_tokens_in']:.0f} |" in line
    assert " USD |" in line


def test_only_what_a_prompt_shows_is_read(emptied: Path, server: ScriptedServer) -> None:
    run_cli(STAGE, "--workspace", emptied, *by_model(server))
    shown = {name for asked in server.asked for name in asked.evidence.get("heard", {})}
    assert shown == {"acoustics"}
    count = len(server.asked)
    run_cli(STAGE, "--workspace", emptied)
    assert len(server.asked) == count


def test_invalidating_repays_nothing(emptied: Path, server: ScriptedServer) -> None:
    run_cli(STAGE, "--workspace", emptied, *by_model(server))
    first, count = rows(emptied), len(server.asked)
    digests = {path.name for path in (emptied / STAGE).glob("v*/part-*.parquet")}
    run_cli("invalidate", STAGE, "--workspace", emptied)
    run_cli(STAGE, "--workspace", emptied)
    assert len(server.asked) == count
    assert rows(emptied) == first
    assert {path.name for path in (emptied / STAGE).glob("v*/part-*.parquet")} == digests
    assert status_of(emptied).usage["remembered"] == len({a.clip + a.variant for a in server.written()})


def test_a_share_of_the_clips_and_a_larger_one(emptied: Path, server: ScriptedServer) -> None:
    run_cli(STAGE, "--workspace", emptied, *by_model(server, "share=0.4"))
    before = fates(emptied)
    assert before["filtered:not_chosen"] > 0
    count, chosen = len(server.asked), {row["clip_id"] for row in rows(emptied)}
    run_cli("invalidate", STAGE, "--workspace", emptied)
    run_cli(STAGE, "--workspace", emptied, "--set", "share=0.9")
    assert chosen < {row["clip_id"] for row in rows(emptied)}
    asked = Counter((a.clip, a.variant, a.task, a.body["seed"]) for a in server.asked)
    assert len(server.asked) > count
    assert max(asked.values()) == 1  # what the smaller share had written is not asked again


def test_a_clip_that_never_becomes_fit_fails_and_a_retry_asks_anew(emptied: Path, server: ScriptedServer) -> None:
    victim = rows(emptied, "combine")[0]["caption"]

    def script(asked: Asked) -> str | None:
        return "{}" if asked.clip == victim and asked.variant == "semantic" and asked.task else None

    server.script = script
    run_cli(STAGE, "--workspace", emptied, *by_model(server))
    failed = fates(emptied)["failed_permanent:unreadable"]
    assert failed == sum(row["caption"] == victim for row in rows(emptied, "combine"))
    clip = next(row["clip_id"] for row in rows(emptied, "combine") if row["caption"] == victim)
    told = run_cli("explain", clip, "--workspace", emptied)
    assert "semantic 6: unreadable" in told
    server.script, server.asked = lambda asked: None, []
    run_cli("retry", STAGE, "--reason", "unreadable", "--workspace", emptied)
    assert fates(emptied)["failed_permanent:unreadable"] == 0
    assert {asked.clip for asked in server.asked} == {victim}


def test_a_killed_run_loses_what_was_in_flight(emptied: Path, server: ScriptedServer) -> None:
    run_cli(STAGE, "--workspace", emptied, *by_model(server))
    expected = rows(emptied)
    whole = len(server.asked)
    run_cli("invalidate", STAGE, "--workspace", emptied)
    for spool in (emptied / "cache" / STAGE).rglob("*.seg"):
        spool.unlink()
    server.asked = []
    settings = ("--set", "concurrency=2")
    for stop_at in (3, whole // 2, whole - 4):
        run = subprocess.Popen(
            [*COMMAND, STAGE, "--workspace", str(emptied), *settings],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        while len(server.asked) < stop_at and run.poll() is None:
            time.sleep(0.002)
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)
        run.wait()
    run_cli(STAGE, "--workspace", emptied)
    assert rows(emptied) == expected
    assert len(server.asked) <= whole + 3 * 2  # a kill loses the two requests in flight, and nothing else


def test_a_look_ahead_asks_nothing_and_changes_nothing(emptied: Path, server: ScriptedServer) -> None:
    recipe = (emptied / "recipe.yaml").read_bytes()
    said = run_cli("generate", "--workspace", emptied, "--dry-run", "1", "--estimate")
    assert said.count("written by rules") == 4
    priced = by_model(server, "price_in=1000000", "share=0.8")
    said = run_cli("generate", "--workspace", emptied, "--dry-run", "2", "--estimate", *priced)
    assert said.count("== generate-mc-qa, semantic, ") == 2
    clip = rows(emptied, "combine")[0]
    assert json.dumps(clip["caption"]) in said
    assert said.count(", at most ") == 4
    assert " USD" in said
    assert (emptied / "recipe.yaml").read_bytes() == recipe
    assert server.asked == []


def test_one_command_writes_all_tasks_and_a_setting_is_for_all_or_for_one(
    emptied: Path, server: ScriptedServer
) -> None:
    run_cli("generate", "--workspace", emptied, *by_model(server), "--set", "generate-mc-qa.backend=rules")
    writers = {stage: {row["writer"] for row in rows(emptied, stage)} for stage in STAGES}
    assert writers == {stage: {"rules" if stage == "generate-mc-qa" else "m"} for stage in STAGES}
