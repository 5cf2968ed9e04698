"""What `validate` finds in rows: made wrong before assembling, so that files and manifest agree."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from audsem_data.publish.checks import check_dataset
from audsem_data.publish.secrets import find_secret
from audsem_data.storage.tars import TarWriter, iterate_clips


def changed(table: pa.Table, column: str, place: int, value: Any) -> pa.Table:
    values = table[column].to_pylist()
    values[place] = value
    at = table.schema.get_field_index(column)
    return table.set_column(at, table.schema.field(column), pa.array(values, table.schema.field(column).type))


def test_a_token_in_a_text_is_found(workspace: Any) -> None:
    table = workspace.tables["generate-open-qa", 0]
    workspace.tables["generate-open-qa", 0] = changed(table, "thinking", 0, "see hf_" + "b" * 34)
    [problem] = check_dataset(workspace.assemble(audio="none"))
    assert "access token (hf_bbb...)" in problem
    assert "b" * 10 not in problem


def test_a_token_that_is_in_use_here_is_found_whatever_its_form(monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_secret("my own-secret-1234 token") is None
    monkeypatch.setenv("AUDSEM_API_KEY", "own-secret-1234")
    assert find_secret("my own-secret-1234 token") == "own-se..."


def test_sound_that_does_not_decode_or_fit_is_found(workspace: Any) -> None:
    import hashlib

    tar = workspace.tar("standardize", 0)
    clips = list(iterate_clips(tar))
    clips[0][1]["flac"] = b"fLaC and nothing after it"
    with TarWriter(tar) as writer:
        for key, files in clips:
            writer.add(key, files)
    digest = hashlib.sha256(clips[0][1]["flac"]).hexdigest()
    table = changed(workspace.tables["standardize", 0], "audio_sha256", 0, digest)
    longer = table["end_ms"].to_pylist()[1] + 900
    for stage in ("standardize", "combine"):
        held = table if stage == "standardize" else workspace.tables[stage, 0]
        workspace.tables[stage, 0] = changed(held, "end_ms", 1, longer)
    problems = check_dataset(workspace.assemble(audio="once"))
    assert any("does not decode" in problem and clips[0][0] in problem for problem in problems)
    assert any("its audio lasts" in problem and clips[1][0] in problem for problem in problems)
    assert len(problems) == 2


def test_a_readme_of_another_dataset_is_found(workspace: Any, tmp_path: Path) -> None:
    import json
    import shutil

    from audsem_data.storage.digests import file_sha256

    folder = workspace.assemble(audio="none")
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    readme = copy / "README.md"
    text = readme.read_text().replace("num_examples: ", "num_examples: 1", 1)
    readme.unlink()
    readme.write_text(text + "\n[More Information Needed]\n")
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["files"]["README.md"] = {"bytes": readme.stat().st_size, "sha256": file_sha256(readme)}
    (copy / "manifest.json").unlink()
    (copy / "manifest.json").write_text(json.dumps(manifest))
    problems = check_dataset(copy)
    assert any("a field was left unfilled" in problem for problem in problems)
