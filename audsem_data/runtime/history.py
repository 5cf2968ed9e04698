"""What the stages of a workspace took in, let through, dropped and cost: told by records alone."""

from collections import Counter
from collections.abc import Iterable

from audsem_data.core.layout import StageHistory
from audsem_data.core.record import Record
from audsem_data.runtime.context import Context


def usage_of(records: Iterable[Record]) -> dict[str, float]:
    """Return what the rows of these shards cost, by name: requests, tokens, seconds."""
    total = Counter[str]()
    for record in records:
        total.update(record.extra.get("usage", {}))
    return {name: round(count, 3) for name, count in sorted(total.items())}


def history(context: Context, until: str) -> list[StageHistory]:
    """Return a line for every stage of the recipe that has shards, up to and without `until`."""
    found = []
    for stage in context.stages.values():
        if stage.name == until:
            break
        records = list(context.workspace.records(stage).values())
        counts = Counter[str]()
        for record in records:
            counts.update(record.counts)
        usage = usage_of(records)
        if records:
            rows_in, rows_out = sum(r.rows_in for r in records), sum(r.rows_out for r in records)
            fates = dict(sorted(counts.items()))
            price = context.config(stage).price(usage)
            answered = sorted({record.extra["weights"] for record in records if "weights" in record.extra})
            made = {**records[0].identity, **({"weights": "; ".join(answered)} if answered else {})}
            found.append(StageHistory(stage.name, stage.summary, rows_in, rows_out, fates, usage, price, made))
    return found
