"""The Parquet files themselves: one schema, the right encodings, the same bytes every time."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audsem_data.core.errors import CorruptionError, StageError
from audsem_data.publish.layout import CONFIGS


def data_files(folder: Path, config: str) -> list[Path]:
    return sorted((folder / "data" / config).glob("*.parquet"))


@pytest.mark.parametrize("config", CONFIGS)
def test_all_files_of_a_config_have_one_schema(dataset: Path, config: str) -> None:
    first, *others = [pq.read_schema(path) for path in data_files(dataset, config)]
    assert others
    assert all(first.equals(other, check_metadata=True) for other in others)
    assert b"huggingface" in first.metadata


@pytest.mark.parametrize("config", ["mc_qa", "clips"])
def test_audio_is_plain_and_the_rest_compressed(dataset: Path, config: str) -> None:
    footer = pq.read_metadata(data_files(dataset, config)[0])
    assert b"content_defined_chunking" in footer.metadata
    columns = [footer.row_group(0).column(n) for n in range(footer.num_columns)]
    audio = [column for column in columns if column.path_in_schema == "audio.bytes"]
    assert [(column.compression, set(column.encodings) & {"RLE_DICTIONARY"}) for column in audio] == [
        ("UNCOMPRESSED", set())
    ]
    assert all(column.compression == "ZSTD" for column in columns if column not in audio)
    assert all(column.has_offset_index for column in columns)
    assert all(column.has_column_index for column in columns if column not in audio)


@pytest.mark.parametrize(
    ("name", "value", "groups"), [("GROUP_ROWS", 5, [5, 5, 2]), ("GROUP_BYTES", 25_000, [2] * 6)]
)
def test_row_groups_end_at_so_many_rows_or_bytes(
    workspace: Any, monkeypatch: pytest.MonkeyPatch, name: str, value: int, groups: list[int]
) -> None:
    monkeypatch.setattr(f"audsem_data.publish.parquet.{name}", value)
    (path,) = (workspace.assemble() / "data" / "mc_qa").glob("validation-*")
    footer = pq.read_metadata(path)
    assert [footer.row_group(n).num_rows for n in range(footer.num_row_groups)] == groups


def test_the_same_workspace_gives_the_same_bytes(workspace: Any, dataset: Path) -> None:
    again = workspace.assemble()
    names = [path.relative_to(dataset) for path in dataset.rglob("*") if path.is_file()]
    assert len(names) > 20
    for name in names:
        assert (again / name).read_bytes() == (dataset / name).read_bytes()


def test_many_files_hold_what_one_file_held(workspace: Any, dataset: Path) -> None:
    parts = workspace.build(max_file_mb=0.05)
    assert [part.index for part, _ in parts] == list(range(len(parts)))
    folder = workspace.finish(parts, max_file_mb=0.05)
    for config in CONFIGS:
        for split in ("train", "validation", "test"):
            one, many = (sorted((root / "data" / config).glob(f"{split}-*")) for root in (dataset, folder))
            assert len(one) == 1
            assert all(path.name.endswith(f"-of-{len(many):05d}.parquet") for path in many)
            assert pa.concat_tables([pq.read_table(path) for path in many]).equals(pq.read_table(one[0]))
    assert len(list((folder / "data" / "mc_qa").glob("train-*"))) > 8
    sizes = [path.stat().st_size for path in (folder / "data" / "mc_qa").glob("train-*")]
    assert max(sizes) < 80_000


def test_a_part_names_the_rows_that_it_holds(workspace: Any) -> None:
    before = {part.index: part for part, _ in workspace.build()}
    workspace.exclude = frozenset(["v01"])
    after = {part.index: part for part, _ in workspace.build()}
    changed = {before[index].payload["split"] for index in before if before[index] != after[index]}
    assert changed == {"train"}


@pytest.mark.parametrize(
    ("stage", "column", "value", "error", "says"),
    [
        ("standardize", "audio_sha256", "0" * 64, CorruptionError, "not what was committed"),
        ("generate-mc-qa", "answer", "wrong 1", StageError, "not its answer"),
        ("select-clips", "clip_id", "elsewhere", StageError, "does not know"),
        ("combine", "clip_id", "elsewhere", StageError, "has no row for"),
    ],
)
def test_parts_that_do_not_fit_together_are_refused(
    workspace: Any, stage: str, column: str, value: str, error: type[Exception], says: str
) -> None:
    table = workspace.tables[stage, 0]
    values = [value, *table[column].to_pylist()[1:]]
    workspace.tables[stage, 0] = table.set_column(table.column_names.index(column), column, [values])
    with pytest.raises(error, match=says):
        workspace.build()


def test_a_writer_with_other_descriptors_is_refused(workspace: Any) -> None:
    table = workspace.tables["generate-captioning", 1]
    place = table.column_names.index("semantic_elements")
    odd = pa.array([{"sources": ["a dog"]}] * len(table))
    workspace.tables["generate-captioning", 1] = table.set_column(place, "semantic_elements", odd)
    with pytest.raises(StageError, match="generate-captioning writes semantic_elements"):
        workspace.build()


def test_rows_that_change_between_plan_and_build_are_noticed(workspace: Any, tmp_path: Path) -> None:
    from audsem_data.stages.release.assemble import AssembleConfig, open_assemble

    assembly = open_assemble.open(AssembleConfig())
    part = assembly.plan(workspace, {}).parts[0]
    workspace.exclude = frozenset(["v00"])
    with pytest.raises(StageError, match="changed while assemble ran"):
        assembly.build(part, workspace, tmp_path / "part.parquet")


def test_a_task_that_is_half_written_is_refused(workspace: Any) -> None:
    del workspace.tables["generate-open-qa", 1]
    with pytest.raises(StageError, match="generate-open-qa has not finished shard 1"):
        workspace.build()


def test_a_task_that_is_not_in_the_recipe_has_no_config(workspace: Any) -> None:
    for shard in range(3):
        del workspace.tables["generate-open-qa", shard]
    folder = workspace.assemble()
    assert sorted(path.name for path in (folder / "data").iterdir()) == sorted(
        {*CONFIGS} - {"open_qa", "open_qa_semantic"}
    )
    assert "open_qa" not in (folder / "README.md").read_text().split("# AudSem")[0]
