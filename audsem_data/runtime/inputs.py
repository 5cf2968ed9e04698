"""The verified join: which rows a map stage works on in a shard, with what content, and what each lacks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from audsem_data.core.errors import StageError, UsageError
from audsem_data.core.fingerprint import digest
from audsem_data.core.keys import parse_clip_id, sort_key
from audsem_data.core.outcome import Status
from audsem_data.core.record import Record, part_name
from audsem_data.core.stage import Kind, Needs, Stage
from audsem_data.runtime.context import Context
from audsem_data.runtime.state import load_state
from audsem_data.storage.parquet import read_table

Values = dict[str, Any]


@dataclass(frozen=True)
class Inputs:
    """The rows of a shard, keys sorted.

    Attributes:
        values: columns by key. missing: reason by stage, for optional needs. digests: of the content consumed.
        lacking: for a row that a required need has no result for, which need and why.
    """

    keys: tuple[str, ...]
    values: Mapping[str, Values]
    missing: Mapping[str, Mapping[str, str]]
    digests: Mapping[str, str]
    lacking: Mapping[str, str]


def load_inputs(context: Context, stage: Stage, shard: int) -> Inputs:
    """Read and join what a map stage needs in a shard; raises UsageError when an upstream stage is behind."""
    found = {need.stage: _rows(context, need, shard) for need in stage.needs}
    keys = _selected(context, stage, shard, sorted(found[stage.needs[0].stage][0], key=sort_key))
    values: dict[str, Values] = {key: {} for key in keys}
    content: dict[str, Values] = {key: {} for key in keys}
    missing: dict[str, dict[str, str]] = {key: {} for key in keys}
    lacking: dict[str, str] = {}
    state = [kept["state"]] if stage.kind is Kind.CORPUS and (kept := load_state(context, stage)) else []
    for need in stage.needs:
        rows, fates = found[need.stage]
        for key in keys:
            row = rows.get(key)
            if row is None:
                _note_absence(stage, need, shard, key, fates, missing, lacking)
            values[key].update(_delivered(need, row))
            content[key][need.stage] = row and {name: row[name] for name in need.columns}
    return Inputs(
        tuple(keys),
        values,
        missing,
        {key: digest([content[key], missing[key], *state]) for key in keys},
        lacking,
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


def _note_absence(  # noqa: PLR0913  (one row of the join: all of these describe it)
    stage: Stage,
    need: Needs,
    shard: int,
    key: str,
    fates: Mapping[str, str],
    missing: Mapping[str, dict[str, str]],
    lacking: dict[str, str],
) -> None:
    if need.optional:
        missing[key][need.stage] = fates.get(key, "not_run")
    elif key in fates:
        lacking[key] = f"{need.stage}: {fates[key]}"
    else:
        raise UsageError(
            f"{stage.name}, {part_name(shard)}: {need.stage} has not seen {key}; run `audsem-data {need.stage}` "
            "first"
        )


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
    rows = dict(zip(keys, table.select(wanted).to_pylist(), strict=True)) if wanted else {k: {} for k in keys}
    if upstream.shelves:
        shelf = context.workspace.shelf(upstream, record.shard)
        for row in rows.values():
            row.update({name: str(shelf.path(row[name])) for name in need.locators})
    return rows, _fates(context, upstream, record)


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
    need = Needs(stage.over.stage, (stage.over.column,))
    rows, _ = _rows(context, need, shard)
    least = threshold(context, stage)
    chosen = {
        key
        for key, row in rows.items()
        if (row[stage.over.column] if least is None else row[stage.over.column] >= least)
    }
    return [key for key in keys if key in chosen]
