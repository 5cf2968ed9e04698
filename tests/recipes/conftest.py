"""The tiny paper: its models, sources, and the servers that it asks."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from acquire.media_server import serving
from generate.scripted import ScriptedServer, scripted_server
from models.test_name_finder import finder_folder  # noqa: F401  (a fixture)
from pipeline.conftest import made  # noqa: F401  (a fixture)

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


@pytest.fixture
def tiny_recipe(
    tmp_path: Path, tiny_models: dict[str, dict[str, object]], made: Path, writer: ScriptedServer,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Path]:  # fmt: skip
    """The paper's recipe over the demo's videos, which are published on loopback."""
    monkeypatch.setenv("AUDSEM_GOVERNOR", str(tmp_path / "governor"))
    with serving(made / "videos") as server:
        videos = f"{server.address}/plain/watch?v={{video_id}}"
        yield write_recipe(tmp_path / "tiny-paper.yaml", tiny_models, writer.url, videos)
