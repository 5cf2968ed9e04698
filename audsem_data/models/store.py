"""Where the weights of models lie on this machine."""

import os
from pathlib import Path

from audsem_data.core.errors import ModelError
from audsem_data.core.model import ModelSpec


def locate(spec: ModelSpec, checkpoint: str) -> Path:
    """Return the file or folder that a model loads from; never touches the network.

    The override where one is given; else what `audsem-data models fetch` put in the store. Raises ModelError.
    """
    if checkpoint:
        path = Path(checkpoint).expanduser()
        if not path.exists():
            raise ModelError(f"{spec.name}: there is no checkpoint {path}")
        return path
    root = Path(os.environ.get("AUDSEM_MODELS") or "~/.cache/audsem-data/models").expanduser() / spec.name
    path = root / spec.files[0] if len(spec.files) == 1 else root
    if not path.exists():
        raise ModelError(f"{spec.name} is not on this machine: `audsem-data models fetch {spec.name}`")
    return path
