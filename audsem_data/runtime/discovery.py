"""Finding stages: by importing every module of a package."""

import importlib
import pkgutil
from collections.abc import Mapping, Sequence

from audsem_data.core.stage import Stage, registered

STAGE_PACKAGES = ("audsem_data.stages",)


def load_stages(packages: Sequence[str] = STAGE_PACKAGES) -> Mapping[str, Stage]:
    """Import every module of these packages and return the stages that they declare, by name."""
    for name in packages:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            importlib.import_module(module.name)
    return registered()
