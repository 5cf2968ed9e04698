"""Media made for these tests, a server for them, and a governor of their own."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from media.source import Made, write

from acquire.media_server import MediaServer, serving
from audsem_data.acquisition.tools import find_ffmpeg

SECONDS = 24


# Pictures and sound as two files, as large sites have them.
MANIFEST = f"""<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT{SECONDS}S"
 profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period>
<AdaptationSet mimeType="video/mp4"><Representation id="v" bandwidth="200000" codecs="avc1.64001f" width="160"
 height="120"><BaseURL>pictures.mp4</BaseURL></Representation></AdaptationSet>
<AdaptationSet mimeType="audio/mp4"><Representation id="a" bandwidth="128000" codecs="mp4a.40.2"
 audioSamplingRate="48000"><BaseURL>sound.m4a</BaseURL></Representation></AdaptationSet>
</Period></MPD>"""


def _convert(source: Path, *arguments: str | Path) -> None:
    subprocess.run([find_ffmpeg() or "ffmpeg", "-v", "error", "-i", source, *arguments], check=True)


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Videos and sounds in the containers that sites serve; do not change them."""
    folder = tmp_path_factory.mktemp("library")
    write(folder / "aac.mp4", Made(seconds=SECONDS, gop=250))
    write(folder / "opus.mkv", Made(codec="libopus", seconds=SECONDS, gop=50))
    write(folder / "vorbis.webm", Made(codec="libopus", seconds=SECONDS, video=False))
    write(folder / "tune.opus", Made(codec="libopus", seconds=SECONDS, video=False))
    write(folder / "song.mp3", Made(codec="mp3", seconds=SECONDS, video=False))
    write(folder / "pcm.wav", Made(codec="pcm_s16le", seconds=SECONDS, video=False))
    write(folder / "stream.ts", Made(seconds=SECONDS, gop=25))
    _convert(folder / "stream.ts", "-c", "copy", "-hls_time", "4", "-hls_list_size", "0", folder / "list.m3u8")
    _convert(folder / "aac.mp4", "-c", "copy", "-an", folder / "pictures.mp4")
    _convert(folder / "aac.mp4", "-c", "copy", "-vn", folder / "sound.m4a")
    (folder / "parts.mpd").write_text(MANIFEST)
    going_on = (folder / "list.m3u8").read_text().replace("#EXT-X-ENDLIST", "")
    (folder / "live.m3u8").write_text(going_on)
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
