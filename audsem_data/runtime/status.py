"""How far a workspace is: the funnel, from records alone."""

from dataclasses import dataclass

from audsem_data.core.fingerprint import digest, identity
from audsem_data.core.outcome import Status
from audsem_data.runtime.context import Context
from audsem_data.runtime.driver import summarize
from audsem_data.runtime.history import usage_of
from audsem_data.runtime.ledger import Ledger
from audsem_data.runtime.staleness import weights_drift


@dataclass(frozen=True)
class StageStatus:
    """A stage's line in the funnel; `shards_expected` is None while nobody can know it."""

    stage: str
    shards: int
    shards_expected: int | None
    rows_in: int
    rows_out: int
    counts: dict[str, int]
    bytes: int
    seconds: float
    drifted: bool
    usage: dict[str, float]
    price: tuple[float, str] | None

    @property
    def complete(self) -> bool:
        """Whether every shard has a record under the recipe's fingerprint."""
        return self.shards > 0 and self.shards == self.shards_expected and not self.drifted

    @property
    def failed(self) -> int:
        """How many rows failed."""
        return sum(n for name, n in self.counts.items() if name.startswith("failed"))

    @property
    def filtered(self) -> int:
        """How many rows were left out on purpose."""
        return sum(n for name, n in self.counts.items() if name.startswith(Status.FILTERED))


def workspace_status(context: Context) -> list[StageStatus]:
    """Return a line for every stage of the recipe, in running order; reads records and no data."""
    ledger = Ledger(context)
    found = []
    for stage in context.stages.values():
        records = ledger.of(stage)
        expected = ledger.expected(stage)
        fingerprint = digest(identity(stage, context.config(stage)))
        summary = summarize(ledger, stage)
        found.append(
            StageStatus(
                stage.name,
                summary.shards,
                expected,
                summary.rows_in,
                summary.rows_out,
                dict(sorted(summary.counts.items())),
                sum(entry.bytes for record in records.values() for entry in record.files),
                round(sum(record.seconds for record in records.values()), 3),
                any(record.fingerprint != fingerprint for record in records.values())
                or weights_drift(records, context.weights(stage)) is not None,
                usage := usage_of(records.values()),
                context.config(stage).price(usage),
            )
        )
    return found
