"""Sound beside examples that have none, and a dataset as tars."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile
import webdataset

from audsem_data import with_audio
from audsem_data.core.errors import InputError, StorageError, UsageError
from audsem_data.publish.webdataset import export_tars

Load = Callable[..., Any]


def undecoded(dataset: Any) -> Any:
    from datasets import Audio

    return dataset.cast_column("audio", Audio(decode=False))


def test_examples_get_the_sound_of_their_clips(workspace: Any, dataset: Path, load: Load) -> None:
    once = workspace.assemble(audio="once")
    joined = undecoded(with_audio(load(once, "mc_qa", split="train"), load(once, "clips", split="train")))
    whole = undecoded(load(dataset, "mc_qa", split="train"))
    assert joined["example_id"] == whole["example_id"]
    assert [row["bytes"] for row in joined["audio"]] == [row["bytes"] for row in whole["audio"]]


def test_clips_of_another_split_do_not_fit(dataset: Path, load: Load) -> None:
    with pytest.raises(KeyError):
        with_audio(
            load(dataset, "mc_qa", split="train").remove_columns("audio"), load(dataset, "clips", split="test")
        )


# The loader of webdataset leaves closing its files to the garbage collector.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_tars_hold_every_row_and_load(dataset: Path, load: Load, tmp_path: Path) -> None:
    rows = export_tars(dataset, tmp_path, "mc_qa_semantic")
    splits = load(dataset, "mc_qa_semantic")
    assert rows == sum(split.num_rows for split in splits.values())
    for name, split in splits.items():
        expected = {row["example_id"]: row for row in undecoded(split)}
        tars = sorted(str(path) for path in tmp_path.glob(f"{name}-*.tar"))
        found = list(webdataset.WebDataset(tars, shardshuffle=False, empty_check=False))
        assert {one["__key__"] for one in found} == expected.keys()
        for one in found:
            row = expected[one["__key__"]]
            assert one["flac"] == row["audio"]["bytes"]
            assert json.loads(one["json"]) == {key: value for key, value in row.items() if key != "audio"}
            samples, rate = soundfile.read(io.BytesIO(one["flac"]))
            assert (rate, len(samples)) == (32_000, 32 * (row["end_ms"] - row["start_ms"]))


def test_what_holds_no_sound_is_not_exported(workspace: Any, tmp_path: Path) -> None:
    folder = workspace.assemble(audio="once")
    with pytest.raises(InputError, match="holds no sound"):
        export_tars(folder, tmp_path, "mc_qa")
    with pytest.raises(InputError, match="has no config nonsense"):
        export_tars(folder, tmp_path, "nonsense")
    assert export_tars(folder, tmp_path / "tars", "clips") > 0


def test_tars_are_never_put_beside_others(dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export_tars(dataset, out, "clips")
    before = {path: path.read_bytes() for path in out.iterdir()}
    with pytest.raises(UsageError, match="is there already"):
        export_tars(dataset, out, "mc_qa_semantic")
    assert {path: path.read_bytes() for path in out.iterdir()} == before
    with pytest.raises(UsageError, match="there is no folder"):
        export_tars(tmp_path / "nowhere", tmp_path / "other", "clips")
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match="a file stands where a folder should be"):
        export_tars(dataset, tmp_path / "file" / "below", "clips")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "out"]
