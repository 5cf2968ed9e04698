"""Which files a source holds: each once, however it is linked, and none lost to a link."""

from pathlib import Path

from audsem_data.stages.ingest.files import find_files

TEXT = "WEBVTT\n\n00:01.000 --> 00:04.000\n[dog barks]\n"


def test_equal_files_linked_under_two_names_are_two_files(tmp_path: Path) -> None:
    store, source = tmp_path / "store", tmp_path / "source"
    store.mkdir()
    source.mkdir()
    (store / "5f3a").write_text(TEXT)
    for name in ("one.en.vtt", "two.en.vtt"):
        (source / name).symlink_to(store / "5f3a")
    assert [file.name for file in find_files([str(source)])] == ["source/one.en.vtt", "source/two.en.vtt"]


def test_a_file_that_two_sources_hold_is_read_once(tmp_path: Path) -> None:
    inner = tmp_path / "outer" / "inner"
    inner.mkdir(parents=True)
    (inner / "one.en.vtt").write_text(TEXT)
    (tmp_path / "linked").symlink_to(inner)
    sources = [str(tmp_path / "outer"), str(inner), str(tmp_path / "linked")]
    assert [file.name for file in find_files(sources)] == ["outer/inner/one.en.vtt"]
