"""A worker that outlives its driver commits nothing once another has taken the stage over."""

from dataclasses import replace

from audsem_data.core.errors import StageBusyError
from audsem_data.runtime.ledger import Ledger
from audsem_data.runtime.pending import pending_tasks
from audsem_data.runtime.tasks import Bench
from audsem_data.storage.lock import stage_lock

from .conftest import Toys


def test_a_commit_under_a_lease_that_ended_is_refused(toys: Toys) -> None:
    toys.run("toy-count")
    stage = toys.context.stage("toy-double")
    path = toys.context.workspace.lock(stage)
    with stage_lock(path, stage.name) as before:
        [first, second] = pending_tasks(Ledger(toys.context), [stage])
        worker = Bench(toys.context)
        assert worker.work(replace(first, leases={stage.name: before}), lambda _: None).records
    with stage_lock(path, stage.name) as after:
        report = worker.work(replace(second, leases={stage.name: before}), lambda _: None)
        assert not report.records
        assert isinstance(report.guards[0].error, StageBusyError)
        assert toys.context.workspace.shards(stage) == [0]
        assert worker.work(replace(second, leases={stage.name: after}), lambda _: None).records
    assert before != after
