"""A dataset's examples in the chat formats of other trainers, with the sound files beside.

The texts are those that our own trainers use. Every line names its sound relative to the folder that is written.
Source: the data formats that TRL, ms-swift and LLaMA-Factory document.
"""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from datasets import Dataset

from audsem_data.core.errors import InputError, UsageError
from audsem_data.train.conversations import SYSTEM
from audsem_data.train.training_text import completion_of, question_of

Format = Literal["trl", "ms-swift", "llama-factory"]
LINES, SOUNDS = "train.jsonl", "sounds"
_PLACE = "<audio>"  # ms-swift and LLaMA-Factory count these: one a sound


def export_chat(examples: Dataset, form: Format, out: Path) -> int:
    """Write examples in a format into a new folder, and return how many; a clip's sound is written once.

    Args:
        examples: rows of task configs, their audio not decoded, as `load_examples` gives them.
        form: the trainer that reads them.
        out: new or empty; it is there whole or not at all.

    Raises:
        UsageError: `out` holds files.
        InputError: an example has no sound.
    """
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise UsageError(f"{out} exists; name a folder that does not")
    partial = out.with_name(f".{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    (partial / SOUNDS).mkdir(parents=True)
    with (partial / LINES).open("w", encoding="utf-8") as lines:
        for row in examples:
            line = FORMS[form](question_of(row), completion_of(row), _write_sound(row, partial))
            lines.write(json.dumps(line, ensure_ascii=False) + "\n")
    if form == "llama-factory":
        (partial / "dataset_info.json").write_text(json.dumps(_INFO, indent=1) + "\n", encoding="utf-8")
    partial.replace(out)
    return len(examples)


def _write_sound(row: Mapping[str, Any], folder: Path) -> str:
    """Write a row's sound where it is not yet, and return its path in the folder."""
    held = (row["audio"] or {}).get("bytes")
    if not held:
        raise InputError(f"{row['example_id']} has no sound: `audsem-data hydrate` gives it back")
    name = f"{SOUNDS}/{row['clip_id']}.flac"
    if not (folder / name).exists():
        (folder / name).write_bytes(held)
    return name


def _trl(question: str, completion: str, sound: str) -> dict[str, Any]:
    asked = [{"type": "audio", "audio": sound}, {"type": "text", "text": question}]
    said = [("system", [_text(SYSTEM)]), ("user", asked), ("assistant", [_text(completion)])]
    return {"messages": [{"role": role, "content": content} for role, content in said]}


def _text(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


def _ms_swift(question: str, completion: str, sound: str) -> dict[str, Any]:
    said = [("system", SYSTEM), ("user", _PLACE + _plain(question)), ("assistant", _plain(completion))]
    return {"messages": [{"role": role, "content": text} for role, text in said], "audios": [sound]}


def _llama_factory(question: str, completion: str, sound: str) -> dict[str, Any]:
    said = [("human", _PLACE + _plain(question)), ("gpt", _plain(completion))]
    turns = [{"from": who, "value": text} for who, text in said]
    return {"conversations": turns, "system": SYSTEM, "audios": [sound]}


def _plain(text: str) -> str:
    """Return a text that asks for no sound of its own."""
    return text.replace(_PLACE, "audio")


FORMS: Mapping[Format, Callable[[str, str, str], dict[str, Any]]] = {
    "trl": _trl,
    "ms-swift": _ms_swift,
    "llama-factory": _llama_factory,
}
_COLUMNS = {"messages": "conversations", "system": "system", "audios": "audios"}
_INFO = {"audsem": {"file_name": LINES, "formatting": "sharegpt", "columns": _COLUMNS}}
