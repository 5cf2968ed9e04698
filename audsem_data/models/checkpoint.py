"""Reading published weights without running anything that they contain."""

import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from audsem_data.core.errors import ModelError

_LISTED = 4  # keys that a message names before it only counts


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Return what a checkpoint file holds: its tensors by key, and the plain values beside them.

    A .safetensors file, or an archive of torch.save, read by torch's restricted reader: one that asks for any
    code to run is refused.

    Raises:
        ModelError: the file is absent, truncated, not a checkpoint, or wants code to run; nothing of it has run.
    """
    if not path.is_file():
        raise ModelError(f"there is no model file {path}")
    try:
        if path.suffix == ".safetensors":
            return dict(load_file(path))
        held = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        said = str(error).splitlines()[0]
        raise ModelError(f"{path} holds more than tensors and was not loaded ({said}); fetch it again") from error
    except (SafetensorError, RuntimeError, EOFError, ValueError, KeyError, OSError) as error:
        said = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(f"{path} is damaged or no checkpoint ({said}); fetch it again") from error
    if not isinstance(held, dict):
        raise ModelError(f"{path} holds a {type(held).__name__}, not a table of tensors")
    return held


def fill(
    module: torch.nn.Module,
    tensors: Mapping[str, Any],
    path: Path,
    harmless: Callable[[str], bool] = lambda key: False,
) -> None:
    """Copy every tensor into the module under its own key; keys that `harmless` accepts may be absent or unknown.

    Raises:
        ModelError: keys are missing, unknown or of another shape; the message names the file and the keys.
    """
    wanted = module.state_dict()
    faults = {
        "lacks": [key for key in wanted.keys() - tensors.keys() if not harmless(key)],
        "has the unknown": [key for key in tensors.keys() - wanted.keys() if not harmless(key)],
        "has another shape of": [
            f"{key} {_shape(tensors[key])} instead of {_shape(wanted[key])}"
            for key in wanted.keys() & tensors.keys()
            if _shape(tensors[key]) != _shape(wanted[key])
        ],
    }
    if said := [f"{fault} {_listing(keys)}" for fault, keys in faults.items() if keys]:
        raise ModelError(f"{path} does not fit {type(module).__name__}: it {'; it '.join(said)}")
    module.load_state_dict({key: tensors[key] for key in wanted.keys() & tensors.keys()}, strict=False)


def _shape(value: Any) -> tuple[int, ...] | str:
    return tuple(value.shape) if isinstance(value, torch.Tensor) else type(value).__name__


def _listing(keys: list[str]) -> str:
    first = ", ".join(sorted(keys)[:_LISTED])
    return first if len(keys) <= _LISTED else f"{first} and {len(keys) - _LISTED} more"
