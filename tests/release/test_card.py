"""The card's header says what the Hub files a dataset under: its task, and a licence where all clips have one."""

from typing import Any

import pytest
import yaml

from audsem_data.publish.readme import _licence


def header(folder: Any) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((folder / "README.md").read_text().split("---\n")[1])
    return read


def test_a_licence_is_named_where_all_clips_have_it(workspace: Any) -> None:
    without = header(workspace.finish(workspace.build(audio="none"), audio="none"))
    assert "license" not in without
    assert without["task_categories"] == ["audio-text-to-text", "question-answering"]
    given = {"audio": "none", "license": "CC-BY-4.0"}
    assert header(workspace.finish(workspace.build(**given), **given))["license"] == "cc-by-4.0"


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("CC0-1.0", {"license": "cc0-1.0"}),
        ("Creative Commons Attribution license (reuse allowed)", {"license": "other"}),
    ],
)
def test_a_licence_without_an_identifier_is_other(named: str, said: dict[str, str]) -> None:
    found = _licence(named)
    assert found["license"] == said["license"]
    assert found.get("license_name", named) == named


def test_the_card_loads_by_the_name_on_the_hub(workspace: Any) -> None:
    text = (workspace.finish(workspace.build(audio="none"), audio="none") / "README.md").read_text()
    assert 'load_dataset("OWNER/NAME")' in text
    assert "`datasets` 4.0 and later" in text
