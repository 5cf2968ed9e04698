"""The state of a corpus stage, as it is kept: what was reduced, and from which shards."""

import json
from collections.abc import Mapping
from typing import Any

from audsem_data.core.errors import CorruptionError
from audsem_data.core.fingerprint import canonical, digest, identity
from audsem_data.core.record import Record
from audsem_data.core.stage import Kind, Stage
from audsem_data.runtime.context import Context
from audsem_data.storage.workspace import folder

State = dict[str, Any]


def save(context: Context, stage: Stage, value: State) -> None:
    """Keep a state, with the fingerprint under which it was made."""
    context.workspace.location.put(_name(stage), canonical({**value, "fingerprint": _fingerprint(context, stage)}))


def load_state(context: Context, stage: Stage) -> State | None:
    """Return the state and what it came from; None when there is none, or only one made under other options."""
    try:
        kept = dict(json.loads(context.workspace.location.read(_name(stage))))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise CorruptionError(
            f"{context.root / _name(stage)} is damaged ({error}); run `audsem-data invalidate {stage.name}`"
        ) from error
    return kept if kept.get("fingerprint") == _fingerprint(context, stage) else None


def state_digest(context: Context, stage: Stage) -> str | None:
    """Return the digest of a corpus stage's state; None for other stages and before there is one."""
    kept = load_state(context, stage) if stage.kind is Kind.CORPUS else None
    return digest(kept["state"]) if kept else None


def is_stale(kept: State, primary: Mapping[int, Record]) -> bool:
    """Say whether the shards that a state came from have changed or grown since."""
    return bool(kept["from"] != {str(shard): record.data.sha256 for shard, record in primary.items()})


def _fingerprint(context: Context, stage: Stage) -> str:
    return digest(identity(stage, context.config(stage)))


def _name(stage: Stage) -> str:
    return f"{folder(stage)}/state.json"
