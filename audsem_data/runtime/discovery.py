"""Finding stages: by importing every module of a package, or, for `--help`, by reading their first lines."""

import importlib
import pkgutil
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable

from audsem_data.core.stage import Stage, registered

STAGE_PACKAGES = ("audsem_data.stages",)
_DECLARED = re.compile(r'^@stage\(\s*"([a-z0-9-]+)"', re.MULTILINE)


def load_stages(packages: Sequence[str] = STAGE_PACKAGES) -> Mapping[str, Stage]:
    """Import every module of these packages and return the stages that they declare, by name."""
    for name in packages:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            importlib.import_module(module.name)
    return registered()


def stage_index() -> dict[str, str]:
    """Return each stage's name and summary without importing one: this keeps `--help` fast."""
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
