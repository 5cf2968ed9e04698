"""The records of a workspace as one driver sees them: read once a stage, kept up to date by what it commits."""

from collections.abc import Collection, Mapping

from audsem_data.core.errors import UsageError
from audsem_data.core.record import Record
from audsem_data.core.stage import Kind, Stage
from audsem_data.runtime.context import Context
from audsem_data.runtime.repartition import load_plan
from audsem_data.runtime.source import load_units


class Ledger:
    """Records by stage and shard."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._records: dict[str, dict[int, Record]] = {}

    def of(self, stage: Stage) -> Mapping[int, Record]:
        """Return a stage's records; raises CorruptionError."""
        if stage.name not in self._records:
            self._records[stage.name] = self.context.workspace.records(stage)
        return self._records[stage.name]

    def reread(self, stage: Stage) -> Mapping[int, Record]:
        """Return a stage's records as they are on disk now."""
        self._records.pop(stage.name, None)
        return self.of(stage)

    def take(self, record: Record) -> None:
        """Note a record that was just committed."""
        self._records.setdefault(record.stage, {})[record.shard] = record

    def drop(self, stage: Stage, shard: int) -> None:
        """Remove the record of a shard that a repartition no longer has."""
        self.context.workspace.forget(stage, shard)
        self._records[stage.name].pop(shard, None)

    def upstream(self, stage: Stage) -> dict[str, Mapping[int, Record]]:
        """Return the records of everything that a stage reads."""
        names = [need.stage for need in stage.needs] + ([stage.over.stage] if stage.over else [])
        known = self.context.stages
        return {name: self.of(known[name]) if name in known else {} for name in names}

    def primary(self, stage: Stage) -> Mapping[int, Record]:
        """Return the records that decide a stage's rows."""
        return self.of(self.context.stages[stage.needs[0].stage])

    def expected(self, stage: Stage) -> int | None:
        """Return how many shards a stage has when it is complete; None before that can be known."""
        if stage.kind is Kind.SOURCE:
            return len(load_units(self.context, stage)) or None
        if stage.kind is Kind.REPARTITION:
            plan = load_plan(self.context, stage)
            return None if plan is None else len(plan["parts"])
        return self.expected(self.context.stages[stage.needs[0].stage])

    def check_upstream(self, stage: Stage, beside: Collection[str] = ()) -> None:
        """Raise UsageError, naming the command to run, when what a stage needs has not been made.

        Sources and repartitions must be complete, so that nothing is built from a part of the rows in
        silence; a map may follow another map that is still going on, unless it joins or lays out anew. Stages
        that run `beside` it are not looked at.
        """
        known = self.context.stages
        names = [need.stage for need in stage.needs if not need.optional or need.stage in known]
        names += [stage.over.stage] if stage.over else []
        for name in (name for name in names if name not in beside):
            needed = self.context.stage(name)
            have, of = len(self.of(needed)), self.expected(needed)
            whole = stage.kind is not Kind.MAP or stage.joins or needed.kind in (Kind.SOURCE, Kind.REPARTITION)
            if of is None or (have < of and (whole or have == 0)):
                done = f"has done {have} of {of} shards" if have else "has not run"
                raise UsageError(f"{stage.name} needs {name}, which {done}; run `audsem-data {name}` first")
