"""Names and summaries of all stages, read from their files without importing one: so `--help` is fast."""

import re
from importlib.resources import files
from importlib.resources.abc import Traversable

_DECLARED = re.compile(r'^@(?:stage|\w+_annotator)\(\s*"([a-z0-9-]+)"', re.MULTILINE)


def stage_index() -> dict[str, str]:
    """Return each stage's name and the first line of its documentation."""
    return dict(sorted(_scan(files("audsem_data") / "stages")))


def _scan(folder: Traversable) -> list[tuple[str, str]]:
    found = []
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name != "__pycache__":
            found += _scan(entry)
        elif entry.name.endswith(".py"):
            text = entry.read_text(encoding="utf-8")
            if match := _DECLARED.search(text):
                summary = text.lstrip('"').partition("\n")[0].rstrip('"').strip()
                found.append((match[1], summary))
    return found
