"""What was fetched shows the pictures that the file itself shows: each carries its number in its pixels."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from media.clips import cut
from media.numbered import ffmpeg, numbers, write_numbered
from media.test_pictures import SECONDS, expected, shown
from media.test_tracks import HERTZ, pitch, several

from acquire.media_server import MediaServer, serving
from acquire.test_fetching import get
from audsem_data.media.cut import Want
from audsem_data.stages.acquire.standardize import StandardizeConfig

WANTS = [Want("a", 40, 1500), Want("b", 7010, 9000), Want("c", 13_200, 14_900), Want("d", 21_300, 23_000)]
LONG = 2 * SECONDS
FILES = {
    "mp4.mp4": ("libx264", "aac", {"g": "150", "bf": "2"}),
    "mkv.mkv": ("libx264", "libopus", {"g": "150", "bf": "2"}),
    "webm.webm": ("libvpx-vp9", "libopus", {"g": "150", "deadline": "realtime", "cpu-used": "8"}),
    "vp8.webm": ("libvpx", "libopus", {"g": "150", "deadline": "realtime", "cpu-used": "8"}),
    "mov.mov": ("libx264", "pcm_s16le", {"g": "60"}),
    "ts.ts": ("libx264", "aac", {"g": "150", "bf": "2"}),
    "rare.ts": ("libx264", "mp2", {"g": "450", "bf": "2", "sc_threshold": "0"}),
    "mpg.mpg": ("mpeg2video", "mp2", {"g": "30", "bf": "2", "b": "2000000"}),
    "hevc.mp4": ("libx265", "aac", {"x265-params": "keyint=150:log-level=none", "preset": "ultrafast"}),
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("numbered")
    for name, (video, audio, options) in FILES.items():
        write_numbered(folder / name, LONG, video, audio, **options)
    ffmpeg("-i", folder / "ts.ts", "-c", "copy", "-hls_time", 5, "-hls_list_size", 0, folder / "list.m3u8")
    return folder


@pytest.fixture
def server(library: Path) -> Iterator[MediaServer]:
    with serving(library) as started:
        yield started


@pytest.mark.parametrize("name", [*FILES, "list.m3u8"])
def test_fetched_pictures_are_those_of_the_file(
    name: str, server: MediaServer, library: Path, tmp_path: Path
) -> None:
    clips = get(f"{server.address}/plain/{name}", tmp_path / "f", WANTS)
    assert not clips.failed
    frames = shown(library / ("ts.ts" if name == "list.m3u8" else name))
    for want in WANTS:
        held = clips.held[want.key]
        [outcome] = cut(held.path, [(want.start_ms, want.end_ms)])
        assert numbers(outcome) == expected(frames, (want.start_ms, want.end_ms)), want
        assert held.measured.pictures_ms is not None
        assert outcome.rows[0]["frames_missing"] == 0


@pytest.mark.parametrize("name", ["three.ts", "three.mkv", "three.mp4"])
def test_every_sound_of_a_file_is_fetched(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    several(folder / name)
    with serving(folder) as server:
        clips = get(f"{server.address}/plain/{name}", tmp_path / "f", [Want("a", 500, 3500)])
    for options, number in (({}, 0), ({"audio_track": 3}, 2), ({"audio_language": "eng"}, 1)):
        config = StandardizeConfig.model_validate(options)
        [outcome] = cut(clips.held["a"].path, [(500, 3500)], config)
        assert pitch(outcome) == HERTZ[number], options
