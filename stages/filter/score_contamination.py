"""Look each clip up in benchmarks' lists: the same video, or the same stretch of it.

The lists count by their content, wherever they lie. `decontaminate` asks the same of a finished dataset.
Source: paper, section 3 (overlap with AudioSet, AudioCaps and VGGSound).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
from pydantic import Field

from audsem_data.benchmarks.overlap import Lists, Match, Rule
from audsem_data.benchmarks.readers import read_list
from audsem_data.core.errors import UsageError
from audsem_data.core.outcome import Done
from audsem_data.core.schema import INTERVAL, Column
from audsem_data.core.stage import Config, Filter, Item, Needs, Process, run_only, stage
from audsem_data.storage.digests import file_sha256

_NAMES = [column.name for column in INTERVAL]
_SEVERITY = {Rule.VIDEO: 1, Rule.TIME: 2}


class ContaminationConfig(Config):
    """Which lists are asked."""

    lists: tuple[str, ...] = run_only((), "files of benchmarks, as they are published, or plain lists of ids")
    margin_ms: int = Field(0, ge=0, description="how near a stretch may come before it counts as shared, in ms")

    @property
    def unset(self) -> str:
        """Ask for lists: without any, every clip would pass for clean."""
        return "" if self.lists else "it has no list: name some by --set 'score-contamination.lists=[FILE, ...]'"


def identity_of(config: ContaminationConfig) -> Mapping[str, str]:
    """Return the digest of each list, by its name; raises UsageError for one that is not there."""
    try:
        return {Path(name).stem: file_sha256(Path(name).expanduser())[:16] for name in config.lists}
    except OSError as error:
        raise UsageError(f"score-contamination: {error.filename} cannot be read: {error.strerror}") from error


@stage(
    "score-contamination",
    version=1,
    needs=[Needs("select-captions", tuple(_NAMES))],
    emits=[
        Column("overlap", pa.int8(), "0: none; 1: the video is in a list; 2: the same stretch of it is"),
        Column("shared", pa.list_(pa.string()), "each benchmark and rule: `audioset_eval_segments: time`"),
    ],
    config=ContaminationConfig,
    batch=4096,
    identity=identity_of,
    filter=Filter("overlap", "in_a_benchmark", "a benchmark holds the same stretch of the video", at_most=1),
)
def open_score_contamination(config: ContaminationConfig) -> Process:
    """Return the process that looks clips up; raises UsageError or InputError for the lists."""
    if config.unset:
        raise UsageError(f"score-contamination: {config.unset}")
    lists = Lists({Path(name).stem: read_list(Path(name).expanduser()) for name in config.lists})

    def process(items: Sequence[Item]) -> list[Done]:
        columns = {name: [item[name] for item in items] for name in _NAMES}
        clips = pa.table({"clip_id": [item.key for item in items], **columns})
        found: dict[str, list[Match]] = {item.key: [] for item in items}
        for match in lists.matches(clips, config.margin_ms):
            found[match.clip_id].append(match)
        return [_row(found[item.key]) for item in items]

    return process


def _row(matches: Sequence[Match]) -> Done:
    severity = max((_SEVERITY[match.rule] for match in matches), default=0)
    return Done.one(overlap=severity, shared=[f"{match.benchmark}: {match.rule}" for match in matches])
