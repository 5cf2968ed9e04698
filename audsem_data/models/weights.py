"""Which weights answer: told by a published commit or by content, never by where files lie.

`Stage.weights` gives it to the runner, which writes it into each record and compares. It is no part of a
fingerprint, because a machine without the weights could not tell it.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audsem_data.core.errors import ModelError
from audsem_data.core.fingerprint import digest
from audsem_data.core.model import OWN_WEIGHTS, SERVED, ModelSpec
from audsem_data.models.store import read_pin, store_root
from audsem_data.storage.digests import file_sha256

_KNOWN = "checkpoint-digests.json"


@dataclass(frozen=True)
class WeightsOf:
    """The weights of a stage that loads a model: the published ones, or the `checkpoint` in their place.

    Attributes:
        spec: the published model; None where there is none, and a checkpoint must be named.
    """

    spec: ModelSpec | None

    def __call__(self, config: Any) -> str | None:
        """Return which weights answer under options; None where this machine cannot tell."""
        if config.checkpoint:
            return own_weights(config.checkpoint)
        return published_weights(self.spec) if self.spec else None

    def model(self, config: Any) -> ModelSpec | None:
        """Return the published model that options call for; None where they name a checkpoint."""
        return None if config.checkpoint else self.spec


@dataclass(frozen=True)
class ServableWeights(WeightsOf):
    """The same of a model that a server may run: only the server's name for it is known then."""

    def __call__(self, config: Any) -> str | None:
        """Return which weights answer under options."""
        return f"{SERVED}{config.served_model}" if config.backend == "openai" else super().__call__(config)

    def model(self, config: Any) -> ModelSpec | None:
        """Return the published model that is to be on this machine."""
        return None if config.backend == "openai" else super().model(config)


def published_weights(spec: ModelSpec) -> str | None:
    """Return the commit of published weights, or the digest of their files where no commit names them.

    None where neither is known: nothing pins them, and they are not on this machine.
    """
    if spec.revision:
        return f"{spec.source}@{spec.revision}"
    try:
        pin = read_pin(spec)
    except ModelError:
        return None
    if pin is None:
        return None
    if pin.revision and not pin.mirror:
        return f"{spec.source}@{pin.revision}"
    files = {name: pin.files[name] for name in sorted(pin.files)}
    return f"{spec.source} sha256:{next(iter(files.values())) if len(files) == 1 else digest(files)}"


def own_weights(checkpoint: str) -> str | None:
    """Return the digest of a file, or of all files of a folder by their names in it; None where it is not there."""
    path = Path(checkpoint).expanduser().resolve()
    if path.is_file():
        return f"{OWN_WEIGHTS}sha256:{_sha256(path)}"
    if not path.is_dir():
        return None
    inside = sorted(p for p in path.rglob("*") if p.is_file() and not _hidden(p.relative_to(path)))
    return f"{OWN_WEIGHTS}sha256:{digest({str(p.relative_to(path)): _sha256(p) for p in inside})}"


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _sha256(path: Path) -> str:
    """Return a file's digest; one that has not changed since is not read again, in any process."""
    stat = path.stat()
    signature = f"{path}|{stat.st_size}|{stat.st_mtime_ns}|{stat.st_ctime_ns}|{stat.st_ino}"
    known = _known()
    if signature not in known:
        known[signature] = file_sha256(path)
        _keep(known)
    return known[signature]


def _known() -> dict[str, str]:
    try:
        found = json.loads((store_root() / _KNOWN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _keep(known: dict[str, str]) -> None:
    """Write the digests down; where that cannot be, they are computed again."""
    place = store_root() / _KNOWN
    fresh = place.with_suffix(f".{os.getpid()}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(json.dumps(known, indent=0), encoding="utf-8")
        fresh.replace(place)
    except OSError:
        return
