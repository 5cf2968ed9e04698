"""The funnel of the paper beside a workspace's: how much of each step the next one keeps.

Source: AudSemThinker (arXiv 2505.14142), section on the dataset and its appendix on data collection.
"""

import itertools
import json
from dataclasses import dataclass

from audsem_data.core.stage import Stage
from audsem_data.runtime.context import Context
from audsem_data.storage.parquet import read_table

_PAPER_LINES_SHARE = 0.0257


@dataclass(frozen=True)
class Step:
    """A step of the funnel.

    Attributes:
        name: what is counted. paper: the paper's count; None where it gives none. ours: this workspace's so far.
        paper_share, ours_share: of the step before; None for the first, and where there is nothing to compare with.
    """

    name: str
    paper: int | None
    ours: int | None
    paper_share: float | None
    ours_share: float | None


def paper_funnel(context: Context) -> list[Step]:
    """Return the steps in order; what a workspace has not come to yet is None."""
    counted = [
        ("subtitle lines", None, _lines(context)),
        ("bracketed captions", 75_794_563, _rows(context, "extract-sdh")),
        ("taken for sounds by the classifiers", 9_464_882, _rows(context, "select-captions")),
        ("clips", 6_965_224, _rows(context, "standardize")),
        ("annotated clips", 5_332_211, _rows(context, "combine")),
        ("clips that pass the filters", 213_908, _kept(context)),
    ]
    steps = [Step(*counted[0], None, None)]
    for (_, paper_before, ours_before), (name, paper, ours) in itertools.pairwise(counted):
        share = paper / paper_before if paper and paper_before else _PAPER_LINES_SHARE
        steps.append(
            Step(name, paper, ours, share, ours / ours_before if ours is not None and ours_before else None)
        )
    return steps


def _stage(context: Context, name: str) -> Stage | None:
    stage = context.stages.get(name)
    return stage if stage and context.workspace.shards(stage) else None


def _rows(context: Context, name: str) -> int | None:
    stage = _stage(context, name)
    return None if stage is None else sum(r.rows_out for r in context.workspace.records(stage).values())


def _lines(context: Context) -> int | None:
    """Return the cues of all tracks that were read, which their outcomes count."""
    stage = _stage(context, "ingest")
    if stage is None:
        return None
    lines = 0
    for record in context.workspace.records(stage).values():
        table = read_table(context.workspace.path(stage, record.outcomes), ["outcome", "detail"]).to_pylist()
        lines += sum(json.loads(row["detail"])["cues"] for row in table if row["outcome"] == "done")
    return lines


def _kept(context: Context) -> int | None:
    stage = _stage(context, "select-clips")
    if stage is None:
        return None
    records = context.workspace.records(stage).values()
    tables = (read_table(context.workspace.path(stage, record.data), ["keep"]) for record in records)
    return sum(sum(table["keep"].to_pylist()) for table in tables)
