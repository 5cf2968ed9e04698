"""Corpus stages: a summary of every shard, reduced to one state, which a map then applies to each row."""

import json
import time
from collections.abc import Mapping
from typing import Any

from audsem_data.core.fingerprint import canonical, digest
from audsem_data.core.record import Record
from audsem_data.core.stage import Item, Kind, Process, Stage
from audsem_data.runtime.context import Context
from audsem_data.runtime.inputs import load_inputs
from audsem_data.storage.workspace import folder

State = dict[str, Any]


def summarize_shard(context: Context, stage: Stage, shard: int) -> Any:
    """Return a shard's summary: whatever JSON value the stage's `summarize(items)` gives."""
    inputs = load_inputs(context, stage, shard)
    items = [
        Item(key, inputs.values[key], {}, inputs.missing[key]) for key in inputs.keys if key not in inputs.lacking
    ]
    return stage.open(context.config(stage)).summarize(items)


def save_state(context: Context, stage: Stage, summaries: Mapping[int, Any], made_from: Mapping[int, str]) -> None:
    """Reduce the summaries, in shard order, and keep the state with the digests of the shards it came from.

    It stays as it is when rows join later, or every row would have to be redone; `plan` shows that it is
    stale, and `invalidate` makes it anew.
    """
    state = stage.open(context.config(stage)).reduce([summaries[shard] for shard in sorted(summaries)])
    value = {"state": state, "from": {str(k): v for k, v in sorted(made_from.items())}, "at": time.time()}
    context.workspace.location.put(_name(stage), canonical(value))


def load_state(context: Context, stage: Stage) -> State | None:
    """Return the state and what it came from, or None."""
    try:
        return dict(json.loads(context.workspace.location.read(_name(stage))))
    except FileNotFoundError:
        return None


def state_digest(context: Context, stage: Stage) -> str | None:
    """Return the digest of a corpus stage's state; None for other stages and before there is one."""
    kept = load_state(context, stage) if stage.kind is Kind.CORPUS else None
    return digest(kept["state"]) if kept else None


def is_stale(kept: State, primary: Mapping[int, Record]) -> bool:
    """Say whether the shards that a state came from have changed or grown since."""
    return bool(kept["from"] != {str(shard): record.data.sha256 for shard, record in primary.items()})


def open_stage(context: Context, stage: Stage) -> Process:
    """Open a map or corpus stage for work."""
    arguments: dict[str, Any] = {"device": context.options.device} if stage.wants_device else {}
    opened = stage.open(context.config(stage), **arguments)
    if stage.kind is Kind.CORPUS:
        kept = load_state(context, stage)
        return opened.apply(kept and kept["state"])  # type: ignore[no-any-return]
    return opened  # type: ignore[no-any-return]


def _name(stage: Stage) -> str:
    return f"{folder(stage)}/state.json"
