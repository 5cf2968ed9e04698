"""Build the dataset directory that `datasets.load_dataset` and the Hub read, from the clips that are kept.

One Parquet file is one part, cut from keys and audio sizes alone. Every task has two configs, simple and
semantic, all with the same schema; `clips` holds each clip once, with its caption and evidence; `default`
names the semantic files of all tasks and copies nothing. Videos, not clips, are dealt to the splits, by a
hash of their id: a split that no video falls into does not exist; in a small dataset that may even be
train. The right options of multiple choice are spread evenly over the letters here.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from pathlib import Path
from typing import Any, Literal, Self

import pyarrow as pa
from pydantic import Field, model_validator

from audsem_data.core.errors import StageError
from audsem_data.core.layout import Layout, Part, Repartition, StageHistory, Upstream
from audsem_data.core.outcome import Done, Outcome
from audsem_data.core.stage import Config, Kind, Needs, stage
from audsem_data.publish.cuts import Cut, Cutter, RowRef, file_count, key_digest
from audsem_data.publish.dataset import write_dataset
from audsem_data.publish.features import EXAMPLE_ID, TASK_COLUMNS, clips_schema, task_schema
from audsem_data.publish.layout import CLIPS, CONFIGS, DATASET, data_file, task_of
from audsem_data.publish.parquet import DatasetWriter
from audsem_data.publish.splits import SPLITS
from audsem_data.stages.release.rows import STATED, WRITTEN, Row, audio_of, clip_rows, example_rows, rights_of
from audsem_data.stages.release.selection import EVIDENCE, FETCHED, KEPT, MEDIA, WRITERS, Selector, holds_audio
from audsem_data.storage.verified import Verified


class AssembleConfig(Config):
    """What the dataset holds and how it is split."""

    audio: Literal["repeat", "once", "none"] = Field(
        "repeat",
        description="where audio is embedded: in every example and clip (repeat), in `clips` only (once), or "
        "nowhere (none); a config without audio has no audio column. The paper's release holds none",
    )
    validation: float = Field(0.05, ge=0, lt=1, description="expected fraction of videos (paper: no such split)")
    test: float = Field(0.05, ge=0, lt=1, description="expected fraction of videos (paper: no such split)")
    license: str | None = Field(
        None,
        description="licence of recordings for which no download has recorded one: CC-BY-4.0",
    )
    contact: str | None = Field(None, description="whom OPT_OUT.md names: an address; null: the dataset's page")
    source: str = Field(
        "local", description="where recordings come from that were not downloaded: a collection, a site"
    )
    max_file_mb: float = Field(400, gt=0, description="about the most that a data file holds, in MB of 10^6 bytes")

    @model_validator(mode="after")
    def _train_remains(self) -> Self:
        if self.validation + self.test >= 1:
            raise ValueError("validation and test must leave some videos to train: their sum must be below 1")
        return self


class Assembly:
    """Lays out, builds and publishes the files of a dataset."""

    def __init__(self, config: AssembleConfig) -> None:
        self._config = config

    def plan(self, upstream: Upstream, partition: Mapping[str, int]) -> Layout:
        """Cut every config and split into files; reads key columns twice, to weigh and to cut."""
        selector = self._selector(upstream)
        totals = Counter[tuple[str, str]]()
        for place, _, refs in _all_rows(selector):
            totals[place] += sum(ref.size for ref in refs)
        limit = int(self._config.max_file_mb * 1_000_000)
        cutters = {place: Cutter(total, file_count(place[1], total, limit)) for place, total in totals.items()}
        for place, shard, refs in _all_rows(selector):
            for position, ref in enumerate(refs):
                cutters[place].add(shard, position, ref)
        places = [(config, split) for config in CONFIGS for split in SPLITS if (config, split) in cutters]
        files = [(place, number) for place in places for number in range(len(cutters[place].cuts))]
        return Layout(
            [
                _part(index, *place, number, cutters[place].cuts, upstream.shards(FETCHED))
                for index, (place, number) in enumerate(files)
            ],
            partition,
        )

    def build(self, part: Part, upstream: Upstream, out: Path) -> Iterable[tuple[str, Outcome]]:
        """Write one file; holds a row group with its audio, and the texts of a shard."""
        group = task_of(part.payload["config"])
        audio = holds_audio(self._config.audio, group)
        keys: list[str] = []
        with DatasetWriter(out, self._schema(part, upstream, audio=audio)) as writer:
            for ref, row in self._rows(part, upstream, audio=audio):
                writer.add(row, ref.size)
                keys.append(ref.key)
        if key_digest(keys) != part.payload["keys"]:
            raise StageError(f"the rows of part {part.index} changed while assemble ran; run assemble again")
        done = Done(())
        return [(key, done) for key in keys]

    def finish(
        self, parts: Sequence[tuple[Part, Path]], workspace: Path, history: Sequence[StageHistory] = ()
    ) -> None:
        """Publish the files as the dataset directory of the workspace."""
        files = {data_file(*(part.payload[name] for name in _NAMED_BY)): path for part, path in parts}
        verified = Verified(workspace, DATASET)
        options = self._config.model_dump(mode="json")
        write_dataset(workspace / DATASET, files, options, history, verified.sha256)
        verified.save()

    def _selector(self, upstream: Upstream) -> Selector:
        return Selector(upstream, self._config.validation, self._config.test, self._config.audio)

    def _schema(self, part: Part, upstream: Upstream, *, audio: bool) -> pa.Schema:
        if part.payload["config"] != CLIPS:
            return task_schema(audio=audio)
        schemas = [
            clips_schema(upstream.table(EVIDENCE, shard).schema, audio=audio)
            for shard, _, _ in part.payload["ranges"]
        ]
        if any(schema != schemas[0] for schema in schemas):
            raise StageError(f"shards of {EVIDENCE} have different columns; run {EVIDENCE} again")
        return schemas[0]

    def _rows(self, part: Part, upstream: Upstream, *, audio: bool) -> Iterator[tuple[RowRef, Row]]:
        config, split = part.payload["config"], part.payload["split"]
        group, selector = task_of(config), self._selector(upstream)
        for shard, first, last in part.payload["ranges"]:
            selected = selector.rows(shard, group, selector.clips(shard)).get((config, split), [])
            chosen = selected[first:last]
            if group == CLIPS:
                rows = clip_rows(upstream.table(EVIDENCE, shard), chosen)
            else:
                rows = example_rows(upstream, shard, group, selected, slice(first, last))
            rights = rights_of(upstream, shard, self._config.license, self._config.source)
            sounds: Iterator[Any] = audio_of(upstream, shard, chosen) if audio else repeat(None)
            for ref, row, sound in zip(chosen, rows, sounds, strict=False):
                yield ref, {**row, **rights(ref.clip_id), "audio": sound}


_NAMED_BY = ("config", "split", "file", "of")


def _all_rows(selector: Selector) -> Iterator[tuple[tuple[str, str], int, list[RowRef]]]:
    """Yield (config and split, shard, rows), shard by shard."""
    groups = (*selector.tasks(), CLIPS)
    for shard in selector.upstream.shards(MEDIA):
        clips = selector.clips(shard)
        for group in groups:
            for place, refs in selector.rows(shard, group, clips).items():
                yield place, shard, refs


def _part(index: int, config: str, split: str, number: int, cuts: Sequence[Cut], fetched: Sequence[int]) -> Part:
    cut, group = cuts[number], task_of(config)
    content = EVIDENCE if group == CLIPS else WRITERS[group]
    payload = {
        "config": config,
        "split": split,
        "file": number,
        "of": len(cuts),
        "rows": cut.rows,
        "keys": cut.keys,
        "ranges": [[shard, *span] for shard, span in cut.ranges.items()],
    }
    reads = {name: list(cut.ranges) for name in (MEDIA, KEPT, content)}
    if rights := [shard for shard in cut.ranges if shard in fetched]:
        reads[FETCHED] = rights
    return Part(index, reads, payload)


@stage(
    "assemble",
    version=1,
    kind=Kind.REPARTITION,
    key=EXAMPLE_ID,
    needs=(
        Needs(MEDIA, ("video_id", "start_ms", "end_ms", "audio_sha256", "audio_bytes")),
        Needs(KEPT, ("keep",)),
        Needs(EVIDENCE, ("text", "caption", "missing", "not_applicable", "complete")),
        Needs(FETCHED, STATED, optional=True),
        *(Needs(writer, WRITTEN, optional=True) for writer in WRITERS.values()),
    ),
    emits=TASK_COLUMNS[1:],
    config=AssembleConfig,
    tolerated=0.0,
)
def open_assemble(config: AssembleConfig) -> Repartition:
    """Return what lays out, builds and publishes the dataset."""
    return Assembly(config)
