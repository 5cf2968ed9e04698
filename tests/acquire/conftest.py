"""Media made for these tests, a server for them, and a governor of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from media.source import Made, write

from acquire.media_server import MediaServer, serving

SECONDS = 24


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Videos and sounds in the containers that sites serve; do not change them."""
    folder = tmp_path_factory.mktemp("library")
    write(folder / "aac.mp4", Made(seconds=SECONDS, gop=250))
    write(folder / "opus.mkv", Made(codec="libopus", seconds=SECONDS, gop=50))
    write(folder / "vorbis.webm", Made(codec="libopus", seconds=SECONDS, video=False))
    write(folder / "song.mp3", Made(codec="mp3", seconds=SECONDS, video=False))
    write(folder / "pcm.wav", Made(codec="pcm_s16le", seconds=SECONDS, video=False))
    write(folder / "stream.ts", Made(seconds=SECONDS, gop=25))
    return folder


@pytest.fixture
def server(library: Path) -> Iterator[MediaServer]:
    with serving(library) as started:
        yield started


@pytest.fixture(autouse=True)
def governor_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep what tests teach the governor about the loopback host from each other, and from the user's."""
    folder = tmp_path / "governor"
    monkeypatch.setenv("AUDSEM_GOVERNOR", str(folder))
    return folder
