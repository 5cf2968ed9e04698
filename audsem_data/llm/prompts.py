"""Prompts: static instructions, then what is asked of one row; read from `prompts/<task>/v<version>/`."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined

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
    """Return a prompt of this package."""
    folder = files("audsem_data") / "prompts" / task / f"v{version}"
    system, user = ((folder / name).read_text(encoding="utf-8") for name in ("system.md", "user.md.j2"))
    return Prompt(task, version, system, user)


@cache
def _environment() -> Environment:
    return Environment(undefined=StrictUndefined, autoescape=False)  # text for a model, not a browser
