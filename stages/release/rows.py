"""The rows of a dataset file, joined from the shards that hold their parts."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from audsem_data.core.errors import StageError
from audsem_data.core.layout import Upstream
from audsem_data.publish.audio import Wanted, read_audio
from audsem_data.publish.cuts import RowRef
from audsem_data.publish.features import plain, task_schema
from audsem_data.publish.letters import assign_letters, shuffle_choices
from audsem_data.publish.parquet import GROUP_ROWS
from audsem_data.stages.release.selection import EVIDENCE, FETCHED, MEDIA, WRITERS

Row = dict[str, Any]
_INTERVAL = ("video_id", "start_ms", "end_ms")
# What a writer's example gives to its row of the dataset, besides its id.
WRITTEN = (
    "clip_id",
    "task",
    "variant",
    "question",
    "choices",
    "thinking",
    "semantic_elements",
    "answer",
)

# What a download recorded of a clip's rights.
STATED = ("license", "extractor")


def example_rows(upstream: Upstream, shard: int, task: str, refs: Sequence[RowRef], span: slice) -> Iterator[Row]:
    """Yield the examples `refs[span]` of a task, without audio and rights.

    `refs` are all examples of the shard that share a config and split: among them letters are balanced.
    """
    table = upstream.table(WRITERS[task], shard, ["example_id", *WRITTEN])
    _check_types(WRITERS[task], table.schema)
    letters = assign_letters(ref.key for ref in refs) if task == "mc_qa" else {}
    intervals = _by_clip(upstream, shard, _INTERVAL)
    for row in _take(table, "example_id", [ref.key for ref in refs[span]], WRITERS[task]):
        letter = letters.get(row["example_id"])
        if letter is not None:
            if row["choices"][:1] != [row["answer"]]:
                raise StageError(f"{row['example_id']}: the first of its choices is not its answer")
            row["choices"] = shuffle_choices(row["example_id"], row["choices"], letter)
        yield {**row, **intervals[row["clip_id"]], "answer_index": letter}


def rights_of(upstream: Upstream, shard: int, license: str | None, source: str) -> Callable[[str], Row]:
    """Return what gives the licence and the source of a clip: as recorded when it was downloaded, or these."""
    stated: dict[str, Row] = {}
    if shard in upstream.shards(FETCHED):
        table = upstream.table(FETCHED, shard, ["clip_id", *STATED])
        stated = {row["clip_id"]: row for row in table.to_pylist()}

    def rights(clip_id: str) -> Row:
        found = stated.get(clip_id)
        if found is None:
            return {"license": license, "source": source}
        return {"license": found["license"] or license, "source": found["extractor"]}

    return rights


def clip_rows(evidence: pa.Table, refs: Sequence[RowRef]) -> Iterator[Row]:
    """Yield the rows that `combine` has for these clips, without audio and rights."""
    yield from _take(evidence, "clip_id", [ref.clip_id for ref in refs], EVIDENCE)


def audio_of(upstream: Upstream, shard: int, refs: Sequence[RowRef]) -> Iterator[Mapping[str, bytes | str]]:
    """Yield the audio of each row, in order."""
    media = _by_clip(upstream, shard, ("audio_sha256",))
    wanted = (Wanted(ref.clip_id, media[ref.clip_id]["audio_sha256"]) for ref in refs)
    return read_audio(upstream.tar(MEDIA, shard), wanted)


def _by_clip(upstream: Upstream, shard: int, columns: Sequence[str]) -> dict[str, Row]:
    table = upstream.table(MEDIA, shard, ["clip_id", *columns])
    return {row.pop("clip_id"): row for row in table.to_pylist()}


def _take(table: pa.Table, key: str, wanted: Sequence[str], stage: str) -> Iterator[Row]:
    """Yield the rows with these keys in this order; few at a time become Python objects."""
    places = {name: place for place, name in enumerate(table[key].to_pylist())}
    missing = [name for name in wanted if name not in places]
    if missing:
        raise StageError(f"{stage} has no row for {missing[0]}; run {stage} again, then assemble")
    for start in range(0, len(wanted), GROUP_ROWS):
        yield from table.take([places[name] for name in wanted[start : start + GROUP_ROWS]]).to_pylist()


def _check_types(stage: str, schema: pa.Schema) -> None:
    expected = task_schema(audio=False)
    for field in schema:
        held = expected.field(field.name).type
        if plain(field.type) != held:
            raise StageError(f"{stage} writes {field.name} as {field.type}, and the dataset holds {held}")
