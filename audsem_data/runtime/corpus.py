"""Corpus stages: a summary of every shard, reduced to one state, which a map then applies to each row."""

import time
from collections.abc import Mapping
from typing import Any

from audsem_data.core.stage import Item, Kind, Process, Stage
from audsem_data.runtime.context import Context
from audsem_data.runtime.inputs import load_inputs
from audsem_data.runtime.state import load_state, save


def summarize_shard(context: Context, stage: Stage, shard: int) -> Any:
    """Return a shard's summary: whatever JSON value the stage's `summarize(items)` gives."""
    inputs = load_inputs(context, stage, shard)
    items = [
        Item(key, inputs.values[key], {}, inputs.missing[key], not_applicable=inputs.not_applicable[key])
        for key in inputs.keys
        if key not in inputs.lacking
    ]
    return stage.open(context.config(stage)).summarize(items)


def save_state(context: Context, stage: Stage, summaries: Mapping[int, Any], made_from: Mapping[int, str]) -> None:
    """Reduce the summaries, in shard order, and keep the state with the digests of the shards it came from.

    It stays as it is when rows join later, or every row would have to be redone; `plan` shows that it is
    stale, and `invalidate` makes it anew.
    """
    state = stage.open(context.config(stage)).reduce([summaries[shard] for shard in sorted(summaries)])
    value = {"state": state, "from": {str(k): v for k, v in sorted(made_from.items())}, "at": time.time()}
    save(context, stage, value)


def open_stage(context: Context, stage: Stage) -> Process:
    """Open a map or corpus stage for work."""
    arguments: dict[str, Any] = {"device": context.device} if stage.wants_device else {}
    opened = stage.open(context.config(stage), **arguments)
    if stage.kind is Kind.CORPUS:
        kept = load_state(context, stage)
        return opened.apply(kept and kept["state"])  # type: ignore[no-any-return]
    return opened  # type: ignore[no-any-return]
