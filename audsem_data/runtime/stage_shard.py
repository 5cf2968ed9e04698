"""One map stage on one shard: what is pending, the calls of `process`, and the commit."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, Self

from audsem_data.core.errors import StageError
from audsem_data.core.fingerprint import digest, identity
from audsem_data.core.keys import parse_clip_id
from audsem_data.core.outcome import CommonReason, Done, Filtered, Outcome, Status
from audsem_data.core.record import Record, part_name
from audsem_data.core.schema import arrow_schema
from audsem_data.core.stage import Audio, Item, Media, Process, Stage
from audsem_data.runtime.context import Context
from audsem_data.runtime.giving_back import give_back
from audsem_data.runtime.inputs import load_inputs
from audsem_data.runtime.previous import load_previous
from audsem_data.runtime.shard_writer import ShardWriter
from audsem_data.runtime.spooled import dump_outcome, load_outcome, spool_key
from audsem_data.runtime.staleness import check_weights, cooled_down
from audsem_data.storage.spool import Spool

Open = Callable[[Stage], Process]
_FOR_GPU = 4  # batches of a stage in one call


class StageShard:
    """Offer it the pending keys in order, then `commit`; a context manager.

    Only rows whose content changed, that are new, or that are to be tried again are pending; the others'
    outcomes are taken over. Batches end at places that are fixed by all keys of the shard.
    """

    def __init__(
        self, context: Context, stage: Stage, shard: int, inputs_digest: Mapping[str, str], opened: Open
    ) -> None:
        self.stage, self.shard = stage, shard
        self._context, self._open, self._inputs_digest = context, opened, dict(inputs_digest)
        self._started = time.monotonic()
        self._identity = identity(stage, context.config(stage))
        self._fingerprint = digest(self._identity)
        self._record = context.workspace.record(stage, shard)
        self._weights = context.weights(stage)
        check_weights(context, stage, self._weights)
        self._inputs = load_inputs(context, stage, shard)
        self._input_key = context.stages[stage.needs[0].stage].key.name
        self._previous = load_previous(context, stage, self._record, self._input_key)
        redo, record = context.options.redo, self._record
        due = record is not None and cooled_down(stage, record)
        digests = self._inputs.digests
        self.pending = frozenset(
            key for key in self._inputs.keys if not self._previous.reusable(key, digests[key], redo, due)
        )
        self._batch_of = _batches(self._inputs.keys, _rows_a_call(context, stage))
        self._waiting: list[Item] = []
        self._usage = Counter[str](self._record.extra.get("usage", {}) if self._record else {})
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._stack.__enter__()
        workspace = self._context.workspace
        self._writer = self._stack.enter_context(ShardWriter(workspace, self.stage, self.shard, self._previous))
        self._spool = (
            self._stack.enter_context(Spool(workspace.spool(self.stage, self.shard)))
            if (self.stage.spooled or self.stage.remembers) and self.pending
            else None
        )
        for key in self._inputs.keys:
            if key not in self.pending:
                self._writer.reuse(key)
        return self

    def __exit__(self, *exception: Any) -> None:
        self._stack.__exit__(*exception)

    @property
    def needing_media(self) -> frozenset[str]:
        """The pending keys whose media this stage needs."""
        return self.pending - self._inputs.lacking.keys() if self.stage.media else frozenset()

    def offer(self, key: str, media: Mapping[Media, Any]) -> None:
        """Take the next pending key, with its decoded media."""
        if self._waiting and self._batch_of[self._waiting[0].key] != self._batch_of[key]:
            self._flush()
        inputs = self._inputs
        if key in inputs.lacking:
            self._flush()
            self._keep(key, Filtered(CommonReason.MISSING_INPUT, inputs.lacking[key]))
        elif absent := next((media[n] for n in self.stage.media if isinstance(media[n], Filtered)), None):
            self._flush()
            detail = inputs.values[key].get(absent.reason) or absent.detail
            self._keep(key, Filtered(absent.reason, detail))
        else:
            absent, unfit = inputs.missing[key], inputs.not_applicable[key]
            self._waiting.append(Item(key, inputs.values[key], media, absent, self._tries(key), unfit))

    def flush(self) -> None:
        """Work on what has been offered and waits for its batch to be full."""
        self._flush()

    def commit(self) -> Record:
        """Publish the shard's files and replace its record; the record alone when rows and columns stand."""
        self._flush()
        if self._record and not self.pending and self._stands():
            stands = replace(self._record, inputs=self._inputs_digest, run=self._context.run)
            self._context.workspace.commit(self.stage, stands, None)
            give_back(self._context, self.stage, self.shard)
            return stands
        written = self._writer.close()
        record = Record(
            stage=self.stage.name,
            version=self.stage.version,
            shard=self.shard,
            fingerprint=self._fingerprint,
            identity=self._identity,
            data=written.data,
            outcomes=written.outcomes,
            tar=written.tar,
            rows_in=len(self._inputs.keys),
            rows_out=written.rows_out,
            counts=written.counts,
            inputs=self._inputs_digest,
            seconds=round(time.monotonic() - self._started, 3),
            run=self._context.run,
            attempted_at=self._attempted_at(),
            extra=self._extra(),
        )
        self._context.workspace.commit(self.stage, record, self._record)
        give_back(self._context, self.stage, self.shard)
        return record

    def _extra(self) -> dict[str, Any]:
        before = self._record.extra.get("weights") if self._record else None
        weights = self._weights or before
        usage = {"usage": dict(sorted(self._usage.items()))} if self._usage else {}
        return usage | ({"weights": weights} if weights else {})

    def _stands(self) -> bool:
        """Say whether the earlier files hold these rows, in the columns that the stage has now."""
        previous = self._previous
        same_rows = set(self._inputs.keys) == previous.outcomes.keys()
        return same_rows and arrow_schema(self.stage.columns).equals(previous.schema)

    def _attempted_at(self) -> float:
        """Return when transient failures were last tried: untouched ones go on cooling down."""
        tried = self._record is None or cooled_down(self.stage, self._record)
        return time.time() if tried or self._record is None else self._record.attempted_at

    def _flush(self) -> None:
        items, self._waiting = self._waiting, []
        known = {item.key: kept for item in items if (kept := self._from_spool(item.key)) is not None}
        fresh = [item for item in items if item.key not in known]
        if fresh:
            made = self._process(fresh)
            self._check(fresh, made)
            known |= {item.key: outcome for item, outcome in zip(fresh, made, strict=True)}
            if self._spool and self.stage.spooled:
                for item in fresh:
                    self._spool.put(self._spool_key(item.key), dump_outcome(known[item.key]))
                self._spool.sync()
        for item in items:
            self._keep(item.key, known[item.key])

    def _process(self, items: Sequence[Item]) -> Sequence[Outcome]:
        process: Callable[..., Sequence[Outcome]] = self._open(self.stage)
        if self.stage.remembers:
            return process(items, self._spool)
        return (
            process(items, self._context.workspace.shelf(self.stage, self.shard))
            if self.stage.shelves
            else process(items)
        )

    def _keep(self, key: str, outcome: Outcome) -> None:
        self._usage.update(getattr(outcome, "usage", {}))
        self._writer.add(key, outcome, self._attempt(key), self._inputs.digests[key])

    def _attempt(self, key: str) -> int:
        return self._previous.attempts(key, self._inputs.digests[key]) + 1

    def _tries(self, key: str) -> int:
        """Return how often this content has failed for good; more than none only when a retry was asked for."""
        earlier = self._previous.outcomes.get(key)
        failed = earlier is not None and earlier["outcome"] == Status.FAILED_PERMANENT
        return self._attempt(key) - 1 if failed else 0

    def _spool_key(self, key: str) -> bytes:
        asked = f"{self._fingerprint} {self._weights}" if self._weights else self._fingerprint
        return spool_key(asked, key, self._inputs.digests[key], self._attempt(key))

    def _from_spool(self, key: str) -> Outcome | None:
        payload = self._spool.get(self._spool_key(key)) if self._spool and self.stage.spooled else None
        return load_outcome(self.stage, payload) if payload is not None else None

    def _check(self, items: Sequence[Item], outcomes: Sequence[Outcome]) -> None:
        where = f"{self.stage.name}, {part_name(self.shard)}"
        if len(outcomes) != len(items):
            raise StageError(f"{where}: {len(items)} rows went in and {len(outcomes)} outcomes came out")
        for item, outcome in zip(items, outcomes, strict=True):
            if isinstance(outcome, Done):
                self._check_rows(f"{where}: {item.key}", item.key, outcome)
            if outcome.reason is not None and not isinstance(outcome.reason, self.stage.reasons):
                raise StageError(f"{where}: {item.key} has the undeclared reason {outcome.reason!r}")

    def _check_rows(self, where: str, key: str, outcome: Done) -> None:
        """Refuse rows that could not be found again as this row's: by their key, or the input's beside it."""
        one_to_one = self._input_key == self.stage.key.name
        if one_to_one and len(outcome.rows) != 1:
            raise StageError(f"{where} gave {len(outcome.rows)} rows; the stage is one to one")
        if any(row.get(self._input_key, key if one_to_one else None) != key for row in outcome.rows):
            raise StageError(f"{where} gave a row whose {self._input_key} is not its own")
        odd = outcome.files.keys() - set(self.stage.files)
        if odd or (self.stage.files and not outcome.files):
            raise StageError(f"{where} gave the files {sorted(outcome.files)}; declared: {self.stage.files}")


def _rows_a_call(context: Context, stage: Stage) -> int | None:
    """Return the stage's batch; more of it for a GPU that listens, which wants many clips of like length."""
    if context.options.batch or stage.batch is None:
        return context.options.batch or None
    listens = stage.wants_device and any(isinstance(need, Audio) for need in stage.media)
    return stage.batch * (_FOR_GPU if listens and context.device.expects_gpu else 1)


def _batches(keys: Sequence[str], size: int | None) -> dict[str, Any]:
    """Return the batch of each key: the same for every run of the shard, whatever is pending."""
    if size is None:
        return {key: parse_clip_id(key).video_id for key in keys}
    return {key: index // size for index, key in enumerate(keys)}
