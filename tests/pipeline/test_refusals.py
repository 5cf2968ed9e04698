"""What is refused, how it is said, and with which exit code."""

from pathlib import Path

import pytest
import yaml

from .conftest import run_cli


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("run", "--source", "nowhere"), 2, "no such file"),
        (("run", "--profile", "grand"), 2, "profiles: laptop, offline"),
        (("run", "--set", "select-clips.min_duratoin_ms=1"), 2, "min_duratoin_ms"),
        (("run", "--set", "nonsense"), 2, "STAGE.OPTION=VALUE"),
        (("run", "--until", "polish"), 2, "polish"),
        (("run",), 2, "--source"),
        (("combine",), 2, "not a workspace"),
        (("combine", "--engine", "ray"), 2, "engines: local"),
        (("combine", "--warkers", "2"), 2, "no option --warkers"),
        (("score-duration", "astray"), 2, "no option astray"),
        (("extract-sdh", "--max-ms"), 2, "--max-ms needs a value"),
        (("status",), 2, "not a workspace"),
        (("explain", "not-an-id"), 2, "not a workspace"),
    ],
)
def test_a_clear_line_and_exit_code(tmp_path: Path, arguments: tuple[str, ...], code: int, says: str) -> None:
    refused = run_cli(*arguments, "--workspace", tmp_path / "w", expect=code)
    assert says in refused.stderr
    assert "Traceback" not in refused.stderr
    assert len(refused.stderr.strip().splitlines()) <= 2


def test_a_changed_option_is_refused_with_its_difference(workspace: Path) -> None:
    recipe = (workspace / "recipe.yaml").read_bytes()
    setting = ["--set", "select-clips.min_duration_ms=4000"]
    refused = run_cli("run", "--workspace", workspace, *setting, expect=3)
    assert "config.min_duration_ms: 3000 -> 4000" in refused.stderr
    assert "audsem-data invalidate select-clips" in refused.stderr
    assert (workspace / "recipe.yaml").read_bytes() == recipe
    run_cli("invalidate", "select-clips", "--workspace", workspace)
    run_cli("run", "--workspace", workspace, *setting)
    assert "min_duration_ms: 4000" in (workspace / "recipe.yaml").read_text()


def test_a_stages_own_options_may_be_flags(made: Path, tmp_path: Path) -> None:
    workspace = tmp_path / "w"
    run_cli("ingest", "--source", made, "--workspace", workspace, "--keep", "all")
    run_cli("extract-sdh", "-w", workspace, "--max-ms=5000", "--min-ms", "500", "--inside", "--workers", "1")
    options = yaml.safe_load((workspace / "recipe.yaml").read_text())["stages"]
    assert options["ingest"] == {"keep": "all"}
    assert options["extract-sdh"] == {"max_ms": 5000, "min_ms": 500, "inside": True}


def test_a_reason_that_a_stage_does_not_have_is_refused(workspace: Path) -> None:
    refused = run_cli("retry", "standardize", "--reason", "bad_luck", "--workspace", workspace, expect=2)
    assert "its reasons:" in refused.stderr


def test_a_shard_that_is_not_there_is_not_forgotten(workspace: Path) -> None:
    before = sorted(path.name for path in (workspace / "combine").rglob("*"))
    said = run_cli("invalidate", "combine", "--shard", "7", "--workspace", workspace, expect=2).stderr
    assert "combine has no shard 7; its shards: [0]" in said
    assert sorted(path.name for path in (workspace / "combine").rglob("*")) == before
