"""The prompt of a task: what all tasks share, the task, the descriptors for one variant; then a clip's evidence.

Nothing of a clip stands before its evidence, so that a server computes the rest once for all clips.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from audsem_data.llm.answers import Task, Variant
from audsem_data.llm.prompts import Messages, Prompt, load_prompt, read_part

SHARED = "writing"
_FOLDERS: Mapping[Task, str] = {
    "captioning": "captioning",
    "mc_qa": "mc-qa",
    "open_qa": "open-qa",
    "creative_writing": "creative-writing",
}
_DECIMALS = 3


@dataclass(frozen=True)
class Shown:
    """The stages whose findings a prompt shows: those that listened, and those that looked."""

    heard: tuple[str, ...]
    seen: tuple[str, ...]

    @property
    def stages(self) -> tuple[str, ...]:
        """All of them, in one order."""
        return tuple(sorted((*self.heard, *self.seen)))


@cache
def shown(version: int = 1) -> Shown:
    """Return what a version of the prompts shows."""
    listed = yaml.safe_load(read_part(SHARED, version, "evidence.yaml"))
    return Shown(tuple(listed["heard"]), tuple(listed["seen"]))


@cache
def writing_prompt(task: Task, variant: Variant, version: int = 1) -> Prompt:
    """Return the prompt that has a model write examples."""
    parts = [read_part(SHARED, version, "system.md"), read_part(_FOLDERS[task], version, "system.md")]
    if variant == "semantic":
        parts.append(read_part(SHARED, version, "semantic.md"))
    system = "\n\n".join(part.strip() for part in parts)
    return Prompt(f"{_FOLDERS[task]}-{variant}", version, system, read_part(SHARED, version, "user.md.j2"))


def judge_messages(evidence: Mapping[str, Any], text: str, version: int = 1) -> Messages:
    """Return the chat in which a judge reads what a model wrote, which is JSON already read once."""
    return load_prompt("judge", version).messages(evidence=evidence, output=json.loads(text))


def evidence_of(caption: str, findings: Mapping[str, Any], version: int = 1) -> dict[str, Any]:
    """Return what a prompt shows of a clip; `findings` holds the struct of each stage, None where there is none.

    Numbers are rounded: more digits cost tokens and tell nothing.
    """
    listed = shown(version)
    value: dict[str, Any] = {"closed_caption": caption}
    for name, stages in (("heard", listed.heard), ("seen", listed.seen)):
        found = {struct_name(stage): _plain(findings.get(struct_name(stage))) for stage in stages}
        value |= {name: kept} if (kept := {key: inner for key, inner in found.items() if inner}) else {}
    return value


def struct_name(stage: str) -> str:
    """Return what an annotator is called in evidence: `qwen2_audio` for `annotate-qwen2-audio`."""
    return stage.removeprefix("annotate-").replace("-", "_")


def _plain(value: Any) -> Any:
    """Return a value without nulls, as JSON has it."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(inner) for inner in value if inner is not None]
    return round(value, _DECIMALS) if isinstance(value, float) else value
