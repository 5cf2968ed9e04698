"""Which committed Parquet files hold what a person may search by, of a workspace or of a dataset."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow.parquet as pq

from audsem_data.publish.layout import CLIPS
from audsem_data.report.counts import TAGGERS
from audsem_data.report.dataset_library import DatasetLibrary
from audsem_data.report.library import Library
from audsem_data.report.workspace_library import WorkspaceLibrary

Files = Sequence[str]


@dataclass
class Tables:
    """Files by what they tell; nothing where nothing tells it.

    Attributes:
        clips: one row a clip, with id, interval and caption. cues: captions that became no clip, by their cue.
        decisions: keep and reason. tags: files, and the SQL of a list of tags in them.
        scores: by name of the score, files and column. fates: outcomes by stage, in running order.
        examples: rows with clip_id and task.
    """

    clips: Files = ()
    cues: Files = ()
    decisions: Files = ()
    tags: Sequence[tuple[Files, str]] = ()
    scores: dict[str, tuple[Files, str]] = field(default_factory=dict)
    fates: dict[str, Files] = field(default_factory=dict)
    examples: Files = ()


def tables_of(library: Library) -> Tables:
    """Return the files of a library."""
    if isinstance(library, WorkspaceLibrary):
        return _of_workspace(library)
    assert isinstance(library, DatasetLibrary)
    clips, examples = library.files(CLIPS), library.files()
    held = pq.read_schema(clips[0]).names if clips else []
    tags = [(clips, f'"{name}".tags') for name in TAGGERS if name in held]
    return Tables(clips or examples, tags=tags, examples=examples)


def _of_workspace(library: WorkspaceLibrary) -> Tables:
    tagged = [library.files(f"annotate-{name}") for name in TAGGERS]
    scores: dict[str, tuple[Files, str]] = {
        name.removeprefix("score-").replace("-", "_"): (library.files(name), stage.filter.column)
        for name, stage in library.stages.items()
        if stage.filter
    }
    fates = {
        name: library.files(name, "outcomes") for name in library.stages if name not in ("ingest", "extract-sdh")
    }
    examples = [path for name in library.stages if name.startswith("generate-") for path in library.files(name)]
    return Tables(
        library.files("select-captions"),
        library.files("extract-sdh"),
        library.files("select-clips"),
        [(files, "tags") for files in tagged if files],
        scores,
        {name: files for name, files in fates.items() if name != "assemble"},
        examples,
    )
