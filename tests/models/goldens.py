"""The golden outputs of the reference models: weights made from their keys' names, inputs, sampled outputs.

The files in parity/ say in prose how weights and inputs are made; this is that prose.
"""

import json
import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

Array = np.ndarray[Any, Any]


def load(model: str) -> dict[str, Any]:
    return dict(json.loads((Path(__file__).parent / "parity" / f"{model}.json").read_text(encoding="utf-8")))


def weights(golden: Mapping[str, Any], module: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Return the module's own tensors with every floating-point one made anew from its key's name."""
    return made_anew(golden, module.state_dict())


def made_anew(golden: Mapping[str, Any], tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return the tensors with every floating-point one made anew from its key's name."""
    made = {}
    for key, value in tensors.items():
        canonical = golden["aliases"].get(key, key)
        if not value.is_floating_point() or key in golden["kept_keys"]:
            made[key] = value
        else:
            made[key] = torch.from_numpy(_weight(golden["weight_rule"]["table"], canonical, tuple(value.shape)))
    return made


def _weight(table: list[dict[str, Any]], key: str, shape: tuple[int, ...]) -> Array:
    seed = zlib.crc32(key.encode())
    normal = np.random.Generator(np.random.PCG64(seed)).standard_normal(shape, dtype=np.float32)
    row = next(r for r in table if re.search(r["pattern"], key) and _holds(r["ndim"], len(shape)))
    scale, offset = np.float32(row["scale"]), np.float32(row["offset"])
    if row["mode"] == "fan_in":
        scale = np.float32(row["scale"] / np.sqrt(np.prod(shape[1:], dtype=np.float64)))
    return np.asarray((np.abs(normal) if row["mode"] == "abs" else normal) * scale + offset, dtype=np.float32)


def _holds(condition: str, ndim: int) -> bool:
    return {"any": True, "==1": ndim == 1, "==4": ndim == 4, ">=2": ndim >= 2}[condition]


def sound(golden: Mapping[str, Any], case: str) -> Array:
    """Return the samples of a case, float32."""
    rate, made = golden["inputs"]["sample_rate"], golden["inputs"]["cases"][case]
    count = round(made["seconds"] * rate)
    t = np.arange(count) / rate
    samples = np.zeros(count)
    for frequency, amplitude, phase in made.get("tones", []):
        samples += amplitude * np.sin(2 * np.pi * frequency * t + phase)
    if chirp := made.get("chirp"):
        slope = (chirp["f1"] - chirp["f0"]) / chirp["dur"]
        samples += chirp["amp"] * np.sin(2 * np.pi * (chirp["f0"] * t + 0.5 * slope * t**2))
    if am := made.get("am"):
        samples *= am["base"] + am["depth"] * np.sin(2 * np.pi * am["rate"] * t)
    noise = np.random.Generator(np.random.PCG64(made["seed"])).standard_normal(count)
    samples += made["noise_amp"] * noise
    if "truncate_seconds" in made:
        samples = samples[: round(made["truncate_seconds"] * rate)]
    return samples.astype(np.float32)


def assert_close(ours: Array, reference: Array, atol: float) -> None:
    """Assert |a-b| <= atol + 1e-4 |b|, the files' own comparison."""
    np.testing.assert_allclose(
        np.asarray(ours, np.float64), np.asarray(reference, np.float64), rtol=1e-4, atol=atol
    )


def sampled(reference: Mapping[str, Any]) -> tuple[Array, Array | None]:
    """Return a golden array's values, and the flat indices where they stand; None when all are given."""
    values = np.asarray(reference["values"])
    indices = reference.get("flat_indices")
    return values, None if indices is None else np.asarray(indices)
