"""Putting a network where it runs."""

from typing import TypeVar

import torch

from audsem_data.core.errors import UsageError
from audsem_data.core.model import Device

_CPU_SECONDS, _GPU_SECONDS = 12, 320  # of sound in a batch
Network = TypeVar("Network", bound=torch.nn.Module)


def torch_device(device: Device) -> torch.device:
    """Return the torch device: `auto` is a GPU where there is one. Raises UsageError for one that is not here."""
    if device.name in {"auto", "cuda"} and torch.cuda.is_available():
        return torch.device("cuda", device.worker % torch.cuda.device_count())
    if device.name == "auto":
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        torch.empty(1, device=device.name)
    except (RuntimeError, AssertionError) as error:
        said = str(error).splitlines()[0]
        raise UsageError(f"--device {device.name} cannot be used here: {said}") from error
    return torch.device(device.name)


def batch_samples(device: torch.device, rate: int) -> int:
    """Return how many samples a padded batch may hold: a GPU wants work, a processor its caches."""
    return rate * (_CPU_SECONDS if device.type == "cpu" else _GPU_SECONDS)


def place(network: Network, device: Device, dtype: str = "float32") -> Network:
    """Return the network ready to infer: on its device, in its dtype, without gradients, compiled if asked.

    Products of float32 are float32's on a GPU too: torch's default would round the factors of convolutions.
    """
    torch.backends.cudnn.allow_tf32 = False
    network.eval().requires_grad_(False).to(device=torch_device(device), dtype=getattr(torch, dtype))
    if device.compile:
        network.compile(dynamic=True)
    return network
