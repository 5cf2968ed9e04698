"""Access tokens that must not leave the machine: known by their form, or because they are in use here."""

import os
import re

_FORMS = re.compile(
    r"hf_[A-Za-z0-9]{30,}|sk-[A-Za-z0-9_-]{32,}|gh[pousr]_[A-Za-z0-9]{36,}|AKIA[A-Z0-9]{16}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY"
)
_NAMES = ("HF_TOKEN", "AUDSEM_API_KEY", "OPENAI_API_KEY")
_SHOWN = 6  # letters of a secret that a message repeats


def find_secret(text: str) -> str | None:
    """Return the beginning of a token that the text holds, or None."""
    found = _FORMS.search(text)
    if found:
        return f"{found[0][:_SHOWN]}..."
    used = [value for name in _NAMES if len(value := os.environ.get(name, "")) > _SHOWN]
    return next((f"{value[:_SHOWN]}..." for value in used if value in text), None)
