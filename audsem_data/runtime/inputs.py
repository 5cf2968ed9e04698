"""The verified join: which rows a map stage works on in a shard, with what content, and what each lacks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from audsem_data.core.errors import StageError, UsageError
from audsem_data.core.fingerprint import digest
from audsem_data.core.keys import parse_clip_id, sort_key
from audsem_data.core.outcome import CommonReason, Status
from audsem_data.core.record import Record, part_name
from audsem_data.core.stage import Needs, Stage
from audsem_data.runtime.context import Context
from audsem_data.runtime.state import state_digest
from audsem_data.storage.parquet import read_table

Values = dict[str, Any]


@dataclass(frozen=True)
class Inputs:
    """The rows of a shard, keys sorted.

    Attributes:
        values: columns by key. digests: of the content consumed.
        missing: for optional needs that have no result for a row and should, the reason by stage.
        not_applicable: for optional needs that have none and need none, the reason by stage.
        lacking: for a row that a required need has no result for, which need and why.
    """

    keys: tuple[str, ...]
    values: Mapping[str, Values]
    missing: Mapping[str, Mapping[str, str]]
    not_applicable: Mapping[str, Mapping[str, str]]
    digests: Mapping[str, str]
    lacking: Mapping[str, str]


def load_inputs(context: Context, stage: Stage, shard: int) -> Inputs:
    """Read and join what a map stage needs in a shard; raises UsageError when an upstream stage is behind."""
    found = {need.stage: _rows(context, need, shard) for need in stage.needs}
    keys = _selected(context, stage, shard, sorted(found[stage.needs[0].stage][0], key=sort_key))
    values: dict[str, Values] = {key: {} for key in keys}
    content: dict[str, Values] = {key: {} for key in keys}
    absences = Absences(context, stage, shard, keys)
    state = [made] if (made := state_digest(context, stage)) else []
    for need in stage.needs:
        rows, fates = found[need.stage]
        absences.note(need, rows, fates)
        for key in keys:
            row = rows.get(key)
            values[key].update(_delivered(need, row))
            content[key][need.stage] = row and {name: row[name] for name in need.columns}
    return Inputs(
        tuple(keys),
        values,
        absences.missing,
        absences.not_applicable,
        {key: digest([content[key], absences.of(key), *state]) for key in keys},
        absences.lacking,
    )


def threshold(context: Context, stage: Stage) -> float | None:
    """Return the option of another stage that this stage's `over` compares with, or None."""
    if stage.over is None or stage.over.at_least is None:
        return None
    owner, option = stage.over.at_least
    return float(getattr(context.config(context.stage(owner)), option))


def _delivered(need: Needs, row: Values | None) -> Values:
    if need.struct:
        return {need.struct: row}
    return row if row is not None else dict.fromkeys((*need.columns, *need.locators))


class Absences:
    """Why needs have no result for rows: left out on purpose, missing, or lacking where they are required."""

    def __init__(self, context: Context, stage: Stage, shard: int, keys: Sequence[str]) -> None:
        self._context, self._stage, self._shard, self._keys = context, stage, shard, keys
        self.missing: dict[str, dict[str, str]] = {key: {} for key in keys}
        self.not_applicable: dict[str, dict[str, str]] = {key: {} for key in keys}
        self.lacking: dict[str, str] = {}

    def note(self, need: Needs, rows: Mapping[str, Values], fates: Mapping[str, str]) -> None:
        """Note what a need lacks; raises UsageError where a required one has not seen a row."""
        absent = [key for key in self._keys if key not in rows]
        unseen = any(key not in fates for key in absent)
        passed_over = self._passed_over(need) if need.optional and unseen else {}
        for key in absent:
            fate = fates.get(key) or passed_over.get(key)
            if not need.optional:
                self._require(need, key, fate)
            elif fate and (key in passed_over or _on_purpose(fate)):
                self.not_applicable[key][need.stage] = fate
            else:
                self.missing[key][need.stage] = fate or "not_run"

    def of(self, key: str) -> Mapping[str, str]:
        """Return all that a row lacks, for its digest."""
        return {**self.missing[key], **self.not_applicable[key]}

    def _require(self, need: Needs, key: str, fate: str | None) -> None:
        if fate is None:
            raise UsageError(
                f"{self._stage.name}, {part_name(self._shard)}: {need.stage} has not seen {key}; run "
                f"`audsem-data {need.stage}` first"
            )
        self.lacking[key] = f"{need.stage}: {fate}"

    def _passed_over(self, need: Needs) -> Mapping[str, str]:
        """Return why by key, for the rows that the needed stage does not run over."""
        upstream = self._context.stages.get(need.stage)
        if upstream is None or upstream.over is None:
            return {}
        chosen = _chosen(self._context, upstream, self._shard)
        return {key: f"not chosen by {upstream.over.stage}" for key, kept in chosen.items() if not kept}


def _on_purpose(fate: str) -> bool:
    """Say whether a stage left a row out on purpose, rather than for want of what it needs."""
    return fate.startswith(Status.FILTERED) and CommonReason.MISSING_INPUT not in fate


def _rows(context: Context, need: Needs, shard: int) -> tuple[dict[str, Values], dict[str, str]]:
    """Return the needed columns by key, and the fate of every key that has no row."""
    upstream = context.stages.get(need.stage)
    if upstream:
        found = context.workspace.reading(upstream, shard, lambda r: _read(context, upstream, need, r))
        if found is not None:
            return found
    if need.optional:
        return {}, {}
    raise UsageError(f"{need.stage} has no {part_name(shard)} yet; run `audsem-data {need.stage}` first")


def _read(
    context: Context, upstream: Stage, need: Needs, record: Record
) -> tuple[dict[str, Values], dict[str, str]]:
    wanted = [*need.columns, *need.locators]
    table = read_table(context.workspace.verify(upstream, record.data), [upstream.key.name, *wanted])
    keys = table.column(upstream.key.name).to_pylist()
    if len(set(keys)) != len(keys):
        raise StageError(f"{need.stage}, {part_name(record.shard)}: a key occurs twice")
    columns = [values_of(table[name]) for name in wanted]
    rows = {key: dict(zip(wanted, held, strict=True)) for key, *held in zip(keys, *columns, strict=True)}
    if upstream.shelves:
        shelf = context.workspace.shelf(upstream, record.shard)
        for row in rows.values():
            row.update({name: str(shelf.path(row[name])) for name in need.locators})
    return rows, _fates(context, upstream, record)


def values_of(column: pa.ChunkedArray) -> Sequence[Any]:
    """Return a column's values; those of a fixed-size list are numpy arrays, views of one block."""
    if pa.types.is_fixed_size_list(column.type) and not column.null_count:
        flat = column.combine_chunks().flatten().to_numpy()
        return list(flat.reshape(len(column), column.type.list_size))
    return column.to_pylist()  # type: ignore[no-any-return]


def _fates(context: Context, upstream: Stage, record: Record) -> dict[str, str]:
    if record.count(Status.DONE) == record.rows_in:
        return {}
    path = context.workspace.verify(upstream, record.outcomes)
    table = read_table(path, ["key", "outcome", "reason"]).to_pylist()
    return {row["key"]: f"{row['outcome']} ({row['reason']})" for row in table if row["outcome"] != "done"}


def _selected(context: Context, stage: Stage, shard: int, keys: list[str]) -> list[str]:
    """Return the keys that the stage runs over: not excluded, and chosen by its `over`."""
    if context.excluded:
        keys = [key for key in keys if parse_clip_id(key).video_id not in context.excluded]
    if stage.over is None:
        return keys
    chosen = _chosen(context, stage, shard)
    return [key for key in keys if chosen.get(key)]


def _chosen(context: Context, stage: Stage, shard: int) -> dict[str, bool]:
    """Return whether a stage's `over` chooses each key that it knows."""
    if stage.over is None:
        return {}
    rows, _ = _rows(context, Needs(stage.over.stage, (stage.over.column,), optional=True), shard)
    least, column = threshold(context, stage), stage.over.column
    return {key: bool(row[column] if least is None else row[column] >= least) for key, row in rows.items()}
