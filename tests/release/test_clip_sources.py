"""Media that the user holds: each video's clips come from its own file, or from none."""

import io
import shutil
from pathlib import Path

import numpy as np
import soundfile
from media.test_tracks import HERTZ, several

from audsem_data.media.cut import Want
from audsem_data.media.isolation import Isolated
from audsem_data.media.tracks import ANY, Choice
from audsem_data.publish.clip_sources import HeldMedia

RATE = 32_000
WANTS = [Want("late", 1500, 2000), Want("early", 250, 1000)]


def tone(path: Path, hertz: int, seconds: int = 3) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.5 * np.sin(2 * np.pi * hertz * np.arange(seconds * RATE) / RATE), RATE)
    return path


def heard(media: HeldMedia, video_id: str) -> dict[str, int | str]:
    """Return the frequency of each clip's sound, or why it has none."""
    found: dict[str, int | str] = {}
    for key, sound in media.sounds(video_id, WANTS):
        if isinstance(sound, str):
            found[key] = sound
        else:
            samples, rate = soundfile.read(io.BytesIO(sound))
            found[key] = round(np.argmax(np.abs(np.fft.rfft(samples))) * rate / len(samples))
    return found


def every(found: int | str) -> dict[str, int | str]:
    return {want.key: found for want in WANTS}


def test_files_of_one_name_in_several_folders(tmp_path: Path) -> None:
    tone(tmp_path / "esc" / "dogs" / "001.wav", 440)
    tone(tmp_path / "esc" / "cats" / "001.wav", 3000)
    tone(tmp_path / "a b.wav", 880)
    media = HeldMedia(tmp_path)
    assert heard(media, "dogs%2F001") == every(440)
    assert heard(media, "esc%2Fcats%2F001") == every(3000)
    assert heard(HeldMedia(tmp_path / "esc" / "cats"), "001") == every(3000)
    assert heard(media, "001") == every("ambiguous_media")
    assert heard(media, "a%20b") == every(880)
    assert heard(media, "sheep%2F001") == every("media_missing")


def test_copies_are_one_video_and_pictures_come_first(tmp_path: Path) -> None:
    first = tone(tmp_path / "one" / "v.flac", 440)
    (tmp_path / "two").mkdir()
    shutil.copy(first, tmp_path / "two" / "v.flac")
    assert heard(HeldMedia(tmp_path), "v") == every(440)
    (tmp_path / "one" / "v.mp4").write_bytes(b"no video")
    assert heard(HeldMedia(tmp_path / "one"), "v") == every("not_media")


def test_the_sound_is_the_one_that_was_asked_for(tmp_path: Path) -> None:
    several(tmp_path / "v.mkv")
    choices = (ANY, Choice(track=3), Choice(language="eng"), Choice(track=9))
    found = [heard(HeldMedia(tmp_path, choice), "v") for choice in choices]
    assert found == [every(HERTZ[0]), every(HERTZ[2]), every(HERTZ[1]), every("no_audio")]


def test_a_clip_that_takes_all_memory_costs_its_own_file(tmp_path: Path) -> None:
    tone(tmp_path / "long.wav", 440, seconds=90)
    tone(tmp_path / "v.wav", 440)
    media = HeldMedia(tmp_path)
    media._isolated = Isolated(8 << 20)
    assert dict(media.sounds("long", [Want("whole", 0, 90_000)])) == {"whole": "crashed"}
    assert heard(media, "v") == every(440)
