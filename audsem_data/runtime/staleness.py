"""Whether a committed shard still stands: the fingerprint it was made under and the things it was made from."""

import time
from collections.abc import Mapping

from audsem_data.core.errors import RecipeDriftError
from audsem_data.core.fingerprint import describe_drift, digest, identity
from audsem_data.core.outcome import Status
from audsem_data.core.record import Record, part_name
from audsem_data.core.stage import Stage
from audsem_data.runtime.context import Context
from audsem_data.runtime.inputs import threshold
from audsem_data.runtime.state import state_digest

Records = Mapping[str, Mapping[int, Record]]


def check_drift(context: Context, stage: Stage, records: Mapping[int, Record]) -> None:
    """Refuse to go on under records that another recipe made; raises RecipeDriftError with the difference."""
    wanted = identity(stage, context.config(stage))
    expected = digest(wanted)
    for shard, record in records.items():
        if record.fingerprint != expected:
            changes = "; ".join(describe_drift(record.identity, wanted))
            raise RecipeDriftError(
                f"{stage.name} {part_name(shard)} was made under other options: {changes}. Nothing was changed. "
                f"Either `audsem-data invalidate {stage.name}` and repeat this command (what it made is made "
                "anew; paid-for work in the spool is kept), or use another --workspace"
            )
    if said := weights_drift(records, context.weights(stage)):
        raise _other_weights(stage, said)


def check_weights(context: Context, stage: Stage, here: str | None) -> None:
    """Refuse to add a shard to those that other weights made; raises RecipeDriftError. Reads one record."""
    shards = context.workspace.shards(stage) if here else []
    record = context.workspace.record(stage, shards[0]) if shards else None
    if record and (said := weights_drift({record.shard: record}, here)):
        raise _other_weights(stage, said)


def weights_drift(records: Mapping[int, Record], here: str | None) -> str | None:
    """Return how weights differ among records, or from those that would answer here; None where they do not.

    Records that say nothing of weights, and a machine that cannot tell its own, contradict nobody.
    """
    answered: dict[str, str] = {}
    for shard, record in records.items():
        if weights := record.extra.get("weights"):
            answered.setdefault(weights, part_name(shard))
    if here and answered:
        answered.setdefault(here, "now")
    return "; ".join(f"{who}: {weights}" for weights, who in answered.items()) if len(answered) > 1 else None


def map_inputs(context: Context, stage: Stage, shard: int, upstream: Records) -> dict[str, str]:
    """Return digests of all that a map's shard is made from, as its record keeps them.

    Equal to the record's: nothing to do, and no data file was read to know it. Different: the shard is looked
    at row by row, and only rows whose content changed are worked on.
    """
    inputs = {}
    for need in stage.needs:
        record = upstream.get(need.stage, {}).get(shard)
        if record:
            inputs[need.stage] = record.data.sha256
            if need.optional:
                inputs[f"{need.stage} outcomes"] = digest(dict(record.counts))
                over = {name: value for name, value in record.inputs.items() if name.startswith("over ")}
                inputs |= {f"{need.stage} over": digest(over)} if over else {}
    if stage.over:
        record = upstream.get(stage.over.stage, {}).get(shard)
        inputs[f"over {stage.over.stage}"] = record.data.sha256 if record else ""
        inputs["over at least"] = str(threshold(context, stage))
    if state := state_digest(context, stage):
        inputs["state"] = state
    if context.exclude_digest:
        inputs["exclude"] = context.exclude_digest
    return inputs


def asked_for(record: Record, redo: frozenset[str]) -> bool:
    """Say whether a shard holds rows that ended for a reason whose rows the user wants redone."""
    return any(name.partition(":")[2] in redo for name in record.counts)


def cooled_down(stage: Stage, record: Record) -> bool:
    """Say whether a shard holds rows that failed transiently, long enough ago to be tried again."""
    waited = time.time() - record.attempted_at
    return record.count(Status.FAILED_TRANSIENT) > 0 and waited >= stage.cool_down


def _other_weights(stage: Stage, said: str) -> RecipeDriftError:
    return RecipeDriftError(
        f"{stage.name}: other weights answered than would now ({said}). Nothing was changed. Put those back, or "
        f"`audsem-data invalidate {stage.name}` and repeat this command, or use another --workspace"
    )
