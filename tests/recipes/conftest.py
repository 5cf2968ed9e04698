"""The tiny paper: its models, sources, and the servers that it asks."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from acquire.media_server import serving
from generate.scripted import ScriptedServer, scripted_server
from models.test_name_finder import finder_folder  # noqa: F401  (a fixture)
from pipeline.conftest import SAMPLES, made  # noqa: F401  (a fixture)

from .tiny_paper import save_models, write_recipe


@pytest.fixture(scope="session")
def tiny_models(
    tmp_path_factory: pytest.TempPathFactory,
    finder_folder: Path,  # noqa: F811
) -> dict[str, dict[str, object]]:
    """Options that name a tiny model for each stage that loads one."""
    return save_models(tmp_path_factory.mktemp("tiny-models"), finder_folder)


@pytest.fixture
def writer() -> Iterator[ScriptedServer]:
    """A server that writes, judges, and says yes or no."""
    with scripted_server() as made:  # noqa: F811
        yield made


@pytest.fixture(scope="session")
def videos(made: Path) -> Path:  # noqa: F811
    """Videos to publish: the real samples, where they are beside the checkout, or the demo's."""
    return SAMPLES / "videos" if SAMPLES.is_dir() else made / "videos"


@pytest.fixture(scope="session")
def captions(videos: Path, made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: F811
    """A folder with a subtitle file of each video."""
    if not SAMPLES.is_dir():
        return made / "subtitles"
    folder = tmp_path_factory.mktemp("captions")
    for path in (SAMPLES / "subtitles").glob("*.vtt"):
        shutil.copy(path, folder)
    return folder


@pytest.fixture
def tiny_recipe(
    tmp_path: Path, tiny_models: dict[str, dict[str, object]], videos: Path, writer: ScriptedServer,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Path]:  # fmt: skip
    """The paper's recipe over videos that are published on loopback."""
    monkeypatch.setenv("AUDSEM_GOVERNOR", str(tmp_path / "governor"))
    with serving(videos) as server:
        page = f"{server.address}/plain/watch?v={{video_id}}"
        yield write_recipe(tmp_path / "tiny-paper.yaml", tiny_models, writer.url, page)
