"""Where the weights of models lie on this machine, and whether they are what was fetched.

A model is a folder of the store with its files and, written last, `pin.json`: which commit they came from and the
SHA-256 of each. Without it the model is not there. Nothing here touches the network.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from audsem_data.core.errors import ModelError
from audsem_data.core.model import ModelSpec
from audsem_data.storage.digests import file_sha256

PIN = "pin.json"


@dataclass(frozen=True)
class Pin:
    """What was fetched.

    Attributes:
        source: of the spec.
        revision: the commit of its repository; empty for an address.
        mirror: where the files came from, if not from the source.
        files: SHA-256 by name, relative to the model's folder.
        sizes: bytes by name.
        beside: the commit of each other repository.
    """

    source: str
    revision: str
    files: Mapping[str, str]
    sizes: Mapping[str, int]
    beside: Mapping[str, str] = field(default_factory=dict)
    mirror: str = ""


def store_root() -> Path:
    """Return the folder of all models: `$AUDSEM_MODELS`, or one in the user's cache."""
    return Path(os.environ.get("AUDSEM_MODELS") or "~/.cache/audsem-data/models").expanduser()


def folder_of(spec: ModelSpec) -> Path:
    """Return the folder of a model, whether or not it is there."""
    return store_root() / spec.name


def locate(spec: ModelSpec, checkpoint: str) -> Path:
    """Return what a model loads from: the file of an address, the folder of a repository, or the override.

    Raises:
        ModelError: it is not there; the message says how to get it.
    """
    if checkpoint:
        path = Path(checkpoint).expanduser()
        if not path.exists():
            raise ModelError(f"{spec.name}: there is no checkpoint {path}")
        return path
    folder = folder_of(spec)
    pin = read_pin(spec)
    if pin and spec.revision and pin.revision != spec.revision and not pin.mirror:
        raise ModelError(
            f"{spec.name} is in {store_root()} at {pin.revision}, and {spec.revision} is wanted; run `audsem-data "
            f"models fetch {spec.name}`"
        )
    if pin is None:
        raise ModelError(
            f"{spec.name} is not in {store_root()}; fetch it from {spec.source} by `audsem-data models fetch "
            f"{spec.name}`, or name a copy that you have by --set STAGE.checkpoint=PATH"
        )
    return folder if spec.source.startswith("hf:") else folder / spec.files[0]


def read_pin(spec: ModelSpec) -> Pin | None:
    """Return what was fetched of a model; None before. Raises ModelError for a pin that is damaged."""
    path = folder_of(spec) / PIN
    try:
        return Pin(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise ModelError(
            f"{path} is damaged ({error}); run `audsem-data models fetch {spec.name}` again"
        ) from error


def write_pin(spec: ModelSpec, pin: Pin) -> None:
    """Keep what was fetched: the model is there from now on."""
    path = folder_of(spec) / PIN
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(vars(pin), indent=1), encoding="utf-8")
    fresh.replace(path)


def verify(spec: ModelSpec) -> int:
    """Compare every byte of a model with its pin; return how many bytes. Raises ModelError that names the file."""
    pin = read_pin(spec)
    if pin is None:
        raise ModelError(f"{spec.name} is not in {store_root()}; run `audsem-data models fetch {spec.name}`")
    for name, wanted in pin.files.items():
        path = folder_of(spec) / name
        if not path.is_file():
            raise ModelError(f"{path} is gone; run `audsem-data models fetch {spec.name}` again")
        if (found := file_sha256(path)) != wanted:
            raise ModelError(
                f"{path} has SHA-256 {found[:12]}..., and {wanted[:12]}... was fetched; delete it and run "
                f"`audsem-data models fetch {spec.name}` again"
            )
    return sum(pin.sizes.values())


def state(spec: ModelSpec) -> str:
    """Return `present`, `absent`, or `damaged` where a file is gone or has another size."""
    try:
        pin = read_pin(spec)
    except ModelError:
        return "damaged"
    if pin is None:
        return "absent"
    paths = {name: folder_of(spec) / name for name in pin.files}
    whole = all(path.is_file() and path.stat().st_size == pin.sizes[name] for name, path in paths.items())
    return "present" if whole else "damaged"
