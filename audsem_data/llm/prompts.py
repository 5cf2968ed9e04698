"""Prompts: static instructions, then what is asked of one row; read from `prompts/<task>/v<version>/`.

A version's folder holds the files that it changes; the others are those of the version before.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined
from pydantic import Field

Messages = Sequence[dict[str, str]]


@dataclass(frozen=True)
class Prompt:
    """A task's prompt; `digest` identifies its wording in a stage's fingerprint."""

    task: str
    version: int
    system: str
    user: str

    @property
    def digest(self) -> str:
        """The hash of all that is said."""
        return hashlib.sha256(f"{self.system}\0{self.user}".encode()).hexdigest()[:16]

    @property
    def identity(self) -> dict[str, str]:
        """What a stage's fingerprint says of the prompt."""
        return {"prompt": f"{self.task}/v{self.version}-{self.digest}"}

    def messages(self, **values: Any) -> list[dict[str, str]]:
        """Return the chat: instructions, then the question; raises jinja2.UndefinedError for a value left out."""
        return [
            {"role": "system", "content": self.system.strip()},
            {"role": "user", "content": _environment().from_string(self.user).render(values).strip()},
        ]


@cache
def load_prompt(task: str, version: int = 1) -> Prompt:
    """Return a prompt of this package; its `version` is that of the newest file that it was read from."""
    names = ("system.md", "user.md.j2")
    system, user = (read_part(task, version, name) for name in names)
    return Prompt(task, max(_held_by(task, version, name) for name in names), system, user)


def read_part(task: str, version: int, name: str) -> str:
    """Return a file of a version of a prompt."""
    folder = files("audsem_data") / "prompts" / task / f"v{_held_by(task, version, name)}"
    return (folder / name).read_text(encoding="utf-8")


def _held_by(task: str, version: int, name: str) -> int:
    """Return which version's folder holds the file that a version uses."""
    folder = files("audsem_data") / "prompts" / task
    return max(v for v in range(1, version + 1) if (folder / f"v{v}" / name).is_file())


@cache
def newest_version() -> int:
    """Return the highest version that any prompt of this package has."""
    tasks = [task for task in (files("audsem_data") / "prompts").iterdir() if task.is_dir()]
    return max(int(entry.name[1:]) for task in tasks for entry in task.iterdir() if entry.name.startswith("v"))


def prompt_version() -> Any:
    """Declare the option that chooses the version of a stage's prompts."""
    return Field(1, ge=1, le=newest_version(), description=f"version of the prompts, 1 to {newest_version()}")


@cache
def _environment() -> Environment:
    return Environment(undefined=StrictUndefined, autoescape=False)  # text for a model, not a browser
