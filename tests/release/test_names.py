"""Names that cannot be, tags that cannot be, and a Hub that is not there: said before anything is changed."""

from pathlib import Path
from typing import Any

import pytest
from pipeline.conftest import run_cli

from audsem_data.core.errors import HubError, UsageError
from audsem_data.publish.hub import Repository, check_tag, download

from .test_publish import prepared


@pytest.mark.parametrize("name", ["bad", "a b/c", "a/b/c", "../x", "a/b.git", ""])
def test_what_can_be_no_repository_is_a_usage_error(name: str, workspace: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="OWNER/NAME"):
        Repository(name)


def test_the_command_line_says_so_with_2(workspace: Any, tmp_path: Path) -> None:
    place = prepared(workspace, tmp_path)
    for name in ("bad", "a b/c"):
        said = run_cli("publish", name, "--dry-run", "--workspace", place, expect=2).stderr
        assert "Traceback" not in said
    said = run_cli("publish", "a/b", "--tag", "bad tag", "--workspace", place, expect=2).stderr
    assert "no tag can be called so" in said


@pytest.mark.parametrize("tag", ["bad tag", "-x", "a..b", "a.lock", "x/", ".a", "main", "a~1", ""])
def test_what_git_takes_for_no_tag_is_refused(tag: str) -> None:
    with pytest.raises(UsageError, match="no tag"):
        check_tag(tag)
    check_tag("v2.1-rc_3")


def test_no_network_reads_as_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_TOKEN", "hf_test")
    with pytest.raises(HubError, match="cannot be reached"):
        Repository("a/b", patience=0.001).user()
    with pytest.raises(HubError, match="cannot be reached"):
        download("a/b")


@pytest.mark.parametrize("name", ["nowhere", "./no/where", "/no/where", "a/b/c"])
def test_a_mistyped_folder_is_no_dataset_of_the_hub(name: str) -> None:
    assert f"{name} is not there" in run_cli("validate", name, expect=2).stderr
