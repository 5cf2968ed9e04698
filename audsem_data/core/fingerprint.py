"""The two identities: a stage's fingerprint, and the digest of the content that a row consumed."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from audsem_data.core.stage import Config, Stage


def canonical(value: Any) -> bytes:
    """Return the one JSON text of a value: sorted keys, no spaces, UTF-8; NaN and infinities allowed.

    An array of numbers counts by the digest of its bytes.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_array).encode()


def digest(value: Any) -> str:
    """Return 32 hexadecimal digits of the SHA-256 of a value's canonical JSON."""
    return hashlib.sha256(canonical(value)).hexdigest()[:32]


def identity(stage: Stage, config: Config) -> dict[str, Any]:
    """Return all that a stage's fingerprint covers; what a `joins` stage joins is input, not identity."""
    joined = {need.struct for need in stage.needs} if stage.joins else set()
    more = stage.identity(config) if callable(stage.identity) else stage.identity
    return {
        "stage": stage.name,
        "version": stage.version,
        "config": config.identity,
        "needs": {need.stage: sorted(need.columns) for need in stage.needs if need.struct is None},
        "emits": [f"{column.name}: {column.type}" for column in stage.emits if column.name not in joined],
        **({"identity": dict(more)} if more else {}),
    }


def describe_drift(recorded: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Return one line a differing field: `config.min_ms: 1000 -> 2000`."""
    before, after = dict(_flat("", recorded)), dict(_flat("", wanted))
    return [
        f"{name}: {before.get(name, 'absent')} -> {after.get(name, 'absent')}"
        for name in sorted(before.keys() | after.keys())
        if before.get(name, ...) != after.get(name, ...)
    ]


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from _flat(f"{prefix}.{name}" if prefix else name, inner)
    else:
        yield prefix, value


def _array(value: Any) -> str:
    return hashlib.sha256(value.tobytes()).hexdigest()
