"""Fixtures that run the stages of captions from sources to clips."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import settings

from audsem_data.core.outcome import Outcome
from audsem_data.stages.select.classify_lexicon import open_classify_lexicon
from audsem_data.stages.select.extract_sdh import open_extract_sdh
from audsem_data.stages.select.select_captions import open_select_captions

from .driver import Ingest, Rows, Select, Tables, ingest_table, open_stage, run_map

# A busy machine is no reason to fail.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture
def ingest() -> Ingest:
    """Return the outcomes of ingesting these sources, by track key."""

    def run(*sources: Path, **options: object) -> dict[str, Outcome]:
        return ingest_table(sources, **options)[1]

    return run


@pytest.fixture
def select(tmp_path: Path) -> Select:
    """Return the clips that these sources give."""

    def run(*sources: Path, **options: object) -> Rows:
        cues, _ = ingest_table(sources)
        captions, _ = run_map(open_extract_sdh, cues)
        scores, _ = run_map(open_classify_lexicon, captions)
        upstream = Tables({"extract-sdh": [captions], "classify-lexicon": [scores]})
        stage = open_stage(open_select_captions, **options)
        rows: Rows = []
        for part in stage.plan(upstream, {}).parts:
            out = tmp_path / f"part-{part.index}.parquet"
            fates = dict(stage.build(part, upstream, out))
            assert sum(fate.status == "done" for fate in fates.values()) == pq.read_metadata(out).num_rows
            rows += pq.read_table(out, partitioning=None).to_pylist()
        return rows

    return run
