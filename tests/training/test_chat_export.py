"""Chats for other trainers: the texts are our own trainers', and every sound is where its line says."""

import json
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset, load_dataset
from pipeline.conftest import built, made  # noqa: F401  (fixtures)
from typer.testing import CliRunner

from audsem_data.core.errors import InputError, UsageError
from audsem_data.train.chat_export import LINES, export_chat
from audsem_data.train.cli import app
from audsem_data.train.training_text import completion_of, question_of, read_sections

from .conftest import row, tone


def lines_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / LINES).read_text(encoding="utf-8").splitlines()]


def test_messages_for_trl(examples: Dataset, tmp_path: Path) -> None:
    assert export_chat(examples, "trl", tmp_path / "out") == 10
    for one, line in zip(examples, lines_of(tmp_path / "out"), strict=True):
        system, user, assistant = line["messages"]
        assert [turn["role"] for turn in line["messages"]] == ["system", "user", "assistant"]
        assert system["content"][0]["text"].startswith("You are Qwen")
        sound, text = user["content"]
        assert text == {"type": "text", "text": question_of(one)}
        assert (tmp_path / "out" / sound["audio"]).read_bytes() == one["audio"]["bytes"]
        assert assistant["content"] == [{"type": "text", "text": completion_of(one)}]
    loaded = load_dataset("json", data_files=str(tmp_path / "out" / LINES), split="train", cache_dir=str(tmp_path))
    assert len(loaded) == 10  # one schema holds every line


def test_lines_for_ms_swift(examples: Dataset, tmp_path: Path) -> None:
    export_chat(examples, "ms-swift", tmp_path / "out")
    for one, line in zip(examples, lines_of(tmp_path / "out"), strict=True):
        assert [turn["role"] for turn in line["messages"]] == ["system", "user", "assistant"]
        assert line["messages"][1]["content"] == "<audio>" + question_of(one)
        assert line["messages"][2]["content"] == completion_of(one)
        assert [(tmp_path / "out" / sound).read_bytes() for sound in line["audios"]] == [one["audio"]["bytes"]]


def test_sharegpt_for_llama_factory(examples: Dataset, tmp_path: Path) -> None:
    export_chat(examples, "llama-factory", tmp_path / "out")
    told = json.loads((tmp_path / "out" / "dataset_info.json").read_text())["audsem"]
    assert told["formatting"] == "sharegpt"
    for one, line in zip(examples, lines_of(tmp_path / "out"), strict=True):
        assert set(told["columns"].values()) == set(line)
        human, gpt = line[told["columns"]["messages"]]
        assert human == {"from": "human", "value": "<audio>" + question_of(one)}
        assert gpt == {"from": "gpt", "value": completion_of(one)}
        assert (tmp_path / "out" / line["audios"][0]).is_file()
    assert (tmp_path / "out" / told["file_name"]).is_file()


@pytest.mark.parametrize("form", ["ms-swift", "llama-factory"])
def test_a_text_asks_for_no_sound_of_its_own(form: Any, tmp_path: Path) -> None:
    """These trainers count the tags, and refuse an example that has more of them than sounds."""
    asked = {**row(0, "low"), "question": "Is <audio> low?", "thinking": "<audio>"}
    export_chat(Dataset.from_list([asked]), form, tmp_path / "out")
    assert (tmp_path / "out" / LINES).read_text().count("<audio>") == 1


def test_a_clip_of_many_examples_is_written_once(tmp_path: Path) -> None:
    rows = [{**row(number, "low"), "clip_id": "same"} for number in range(3)]
    assert export_chat(Dataset.from_list(rows), "trl", tmp_path / "out") == 3
    assert [path.name for path in (tmp_path / "out" / "sounds").iterdir()] == ["same.flac"]
    assert (tmp_path / "out" / "sounds" / "same.flac").read_bytes() == tone(200)


def test_it_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    rows = [row(0, "low"), {**row(1, "low"), "audio": {"bytes": None, "path": "x.flac"}}]
    with pytest.raises(InputError, match="v_1 has no sound"):
        export_chat(Dataset.from_list(rows), "trl", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert export_chat(Dataset.from_list(rows[:1]), "trl", tmp_path / "out") == 1  # what was left does not matter
    with pytest.raises(UsageError, match="exists"):
        export_chat(Dataset.from_list(rows[:1]), "trl", tmp_path / "out")


def test_a_dataset_that_the_tool_made(built: Path, tmp_path: Path) -> None:  # noqa: F811
    command = ["export", str(built / "audsem"), "--format", "ms-swift", "--task", "captioning"]
    done = CliRunner().invoke(app, [*command, "--variant", "simple", "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    lines = lines_of(tmp_path / "out")
    assert f"{len(lines)} examples" in done.output
    for line in lines:
        assert read_sections(line["messages"][2]["content"]) is not None
        assert (tmp_path / "out" / line["audios"][0]).read_bytes().startswith(b"fLaC")
    wrong = CliRunner().invoke(app, [*command[:3], "axolotl", "--out", str(tmp_path / "other")])
    assert wrong.exit_code == 2
    unknown = CliRunner().invoke(app, [*command[:4], "--task", "singing", "--out", str(tmp_path / "other")])
    assert isinstance(unknown.exception, UsageError)
