"""Memory does not grow with the dataset: ten times the shards, the same peak."""

import subprocess
import sys

import pytest

ASSEMBLE = """
import resource, sys, tempfile
from pathlib import Path
import pyarrow.parquet as pq
sys.path.insert(0, {tests!r})
from release.conftest import Workspace, fill_shard

class OnDisk(Workspace):
    def keep(self):
        for (stage, shard), table in self.tables.items():
            if table is not None:
                pq.write_table(table, self.folder / f"{{stage}}-{{shard}}.parquet")
                self.tables[stage, shard] = None

    def table(self, stage, shard, columns=None):
        return pq.read_table(self.folder / f"{{stage}}-{{shard}}.parquet", columns=columns and list(columns))

with tempfile.TemporaryDirectory() as name:
    workspace = OnDisk(Path(name))
    for shard in range({shards}):
        fill_shard(workspace, shard, [f"v{{shard:03d}}{{n:02d}}" for n in range(26)])
        workspace.keep()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    folder = workspace.assemble(max_file_mb=20)
    rows = sum(pq.read_metadata(path).num_rows for path in folder.rglob("*.parquet"))
    print(rows, before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.drill
def test_fifty_thousand_rows_take_no_more_memory_than_five(request: pytest.FixtureRequest) -> None:
    peaks = {}
    for shards in (4, 36):
        code = ASSEMBLE.format(tests=str(request.config.rootpath / "tests"), shards=shards)
        said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        rows, _, peak = map(int, said.split())
        peaks[rows] = peak
    small, large = sorted(peaks)
    assert large >= 50_000
    assert large > 8 * small
    assert peaks[large] - peaks[small] < 80_000, peaks  # kilobytes
