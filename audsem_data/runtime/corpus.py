"""Corpus stages: a summary of every shard, reduced to one state, which a map then applies to each row."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from audsem_data.core.fingerprint import canonical, digest
from audsem_data.core.stage import Item, Kind, Process, Stage
from audsem_data.runtime.context import Context
from audsem_data.runtime.inputs import load_inputs
from audsem_data.runtime.spooled import spool_key
from audsem_data.runtime.state import load_state, save
from audsem_data.storage.spool import Spool


def summarize_shard(context: Context, stage: Stage, shard: int, fingerprint: str, opened: Callable[[], Any]) -> Any:
    """Return a shard's summary: whatever JSON value the `summarize(items)` gives of what `opened` returns.

    It is kept in the shard's spool under the content that it was made from, so that a kill loses none; where it
    is kept, the stage is not opened.
    """
    inputs = load_inputs(context, stage, shard)
    content = spool_key(fingerprint, "summary", digest(dict(inputs.digests)), 0)
    with Spool(context.workspace.spool(stage, shard)) as spool:
        if (kept := spool.get(content)) is not None:
            return json.loads(kept)
        items = [
            Item(key, inputs.values[key], {}, inputs.missing[key], not_applicable=inputs.not_applicable[key])
            for key in inputs.keys
            if key not in inputs.lacking
        ]
        made = canonical(opened().summarize(items))
        spool.put(content, made)
    return json.loads(made)


def save_state(context: Context, stage: Stage, summaries: Mapping[int, Any], made_from: Mapping[int, str]) -> None:
    """Reduce the summaries, in shard order, and keep the state with the digests of the shards it came from.

    It stays as it is when rows join later, or every row would have to be redone; `plan` shows that it is
    stale, and `invalidate` makes it anew. That of a stage that `renews` is made anew whenever rows join, from
    the one before.
    """
    opened, ordered = open_stage(context, stage), [summaries[shard] for shard in sorted(summaries)]
    if stage.renews:
        before = load_state(context, stage)
        state = opened.reduce(ordered, before and before["state"])
    else:
        state = opened.reduce(ordered)
    value = {"state": state, "from": {str(k): v for k, v in sorted(made_from.items())}, "at": time.time()}
    save(context, stage, value)


def open_stage(context: Context, stage: Stage) -> Any:
    """Return what a stage's `open` gives, on this process's device where it takes one."""
    arguments: dict[str, Any] = {"device": context.device} if stage.wants_device else {}
    return stage.open(context.config(stage), **arguments)


def process_of(context: Context, stage: Stage, opened: Any) -> Process:
    """Return what works on the items of an opened map or corpus stage."""
    if stage.kind is Kind.CORPUS:
        kept = load_state(context, stage)
        return opened.apply(kept and kept["state"])  # type: ignore[no-any-return]
    return opened  # type: ignore[no-any-return]
