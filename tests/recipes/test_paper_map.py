"""docs/paper.md names stages, options and tests that there are, and every stage of the paper's profile."""

import re
from pathlib import Path

from typer.main import get_command

from audsem_data.cli.main import app
from audsem_data.runtime.discovery import load_stages
from audsem_data.runtime.profiles import load_profile

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "paper.md").read_text()
KNOWN = load_stages()
CODE = re.findall(r"`([^`]+)`", TEXT)


def test_every_name_is_there() -> None:
    commands = set(get_command(app).commands)  # type: ignore[attr-defined]
    for name in CODE:
        if name.startswith("tests/"):
            assert (ROOT / name).is_file(), name
        elif re.fullmatch(r"[a-z0-9-]+\.[a-z_0-9]+", name):
            stage, _, option = name.partition(".")
            assert option in KNOWN[stage].config.model_fields, name
        elif re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", name):
            assert name in KNOWN or name in commands, name


def test_every_stage_of_the_profile_is_in_the_map() -> None:
    named = {name.partition(".")[0] for name in CODE}
    assert set(load_profile("paper").stages) <= named
