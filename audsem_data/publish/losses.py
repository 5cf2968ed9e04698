"""What a release would lose of the one before it, by the rows that both manifests count."""

import json
from collections.abc import Mapping

LARGE = 0.2  # of the rows of a config


def losses(before: bytes | None, now: bytes) -> list[str]:
    """Return a line for each config that would lose a large part of its rows; `before` is the standing manifest."""
    held, made = _rows(before), _rows(now)
    return [
        f"{config}: {held[config]} rows, then {made.get(config, 0)}"
        for config in held
        if made.get(config, 0) < held[config] * (1 - LARGE)
    ]


def _rows(manifest: bytes | None) -> Mapping[str, int]:
    """Return the rows of each config; none for what is no manifest."""
    try:
        configs = json.loads(manifest or b"")["configs"]
        return {name: sum(config["rows"].values()) for name, config in configs.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
